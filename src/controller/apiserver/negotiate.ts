import { HttpError } from "../http.ts";

/** How an answer is written. */
export interface Negotiated {
  readonly format: "json" | "yaml";
  readonly as: "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList" | "APIGroupDiscoveryList";
  /** Version of `as`: `v1` or `v1beta1` for tables, `v2` or `v2beta1` for discovery. */
  readonly version: string;
}

const PLAIN: Negotiated = { format: "json", as: "object", version: "" };

interface Wanted {
  readonly media: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * The best of what the Accept header lists that we can write, in its order of preference. `transforms`
 * are the `as=` forms that make sense at this place; a `stream` is JSON, a line for each event. Throws 406 when nothing
 * fits (protobuf only).
 */
export function negotiate(accept: string | undefined, transforms: readonly Negotiated["as"][], stream = false): Negotiated {
  if (accept === undefined || accept.trim() === "") return PLAIN;
  for (const { media, parameters } of parseAccept(accept)) {
    const as = parameters.get("as");
    const format = media === "application/yaml" ? "yaml" : ["application/json", "application/*", "*/*"].includes(media) ? "json" : null;
    if (format === null || (stream && format === "yaml")) continue;
    if (parameters.has("stream") && !(stream && parameters.get("stream") === "watch")) continue;
    if (as === undefined) return format === "json" ? PLAIN : { ...PLAIN, format };
    const transform = transforms.find((known) => known === as);
    const version = parameters.get("v") ?? "";
    if (transform !== undefined && supportsVersion(transform, parameters.get("g") ?? "", version))
      return { format, as: transform, version };
  }
  const types = stream ? "application/json, application/json;stream=watch" : "application/json, application/yaml";
  throw new HttpError(406, "NotAcceptable", `only the following media types are accepted: ${types}`);
}

function supportsVersion(as: Negotiated["as"], group: string, version: string): boolean {
  if (as === "APIGroupDiscoveryList") return group === "apidiscovery.k8s.io" && (version === "v2" || version === "v2beta1");
  return group === "meta.k8s.io" && (version === "v1" || version === "v1beta1");
}

function parseAccept(accept: string): readonly Wanted[] {
  const wanted = accept.split(",").map((part): Wanted => {
    const [media = "", ...rest] = part.split(";").map((piece) => piece.trim());
    const parameters = new Map(rest.map((piece) => piece.split("=", 2) as [string, string]));
    return { media: media.toLowerCase(), parameters, quality: Number(parameters.get("q") ?? 1) };
  });
  // Sorting is stable: equal qualities keep the client's order.
  return wanted.filter(({ quality }) => quality > 0).sort((left, right) => right.quality - left.quality);
}
