import { formatApiVersion } from "../../../model/api-version.ts";
import { failureStatus } from "../../failure-status.ts";
import type { HttpError } from "../../http.ts";
import type { Negotiated } from "../negotiate.ts";
import { type Presentation, presentObject } from "../present.ts";
import { presentationOf } from "../presentation.ts";
import type { ResourceRequest } from "../request.ts";
import type { Stored } from "../store/contract.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/**
 * Lines that many watches send: each state is written out once for each version and type of event.
 * Bounded by the states that are alive.
 */
export class LineCache {
  readonly #lines = new WeakMap<Stored, Map<string, Buffer>>();

  line(key: string, stored: Stored, make: () => string): Buffer {
    let lines = this.#lines.get(stored);
    if (lines === undefined) this.#lines.set(stored, (lines = new Map()));
    let line = lines.get(key);
    if (line === undefined) lines.set(key, (line = Buffer.from(make())));
    return line;
  }
}

/** What one watch writes, in the form its client asked for. */
export class WatchLines {
  readonly #request: ResourceRequest;
  readonly #wanted: Negotiated;
  readonly #cache: LineCache;
  #columnsSent = false;

  constructor(request: ResourceRequest, wanted: Negotiated, cache: LineCache) {
    this.#request = request;
    this.#wanted = wanted;
    this.#cache = cache;
  }

  change(type: ChangeType, stored: Stored, nowMs: number): string | Buffer {
    const { kind, version } = this.#request;
    const form = this.#presentation(nowMs);
    const make = (): string => lineOf(type, presentObject(kind, version, stored, form));
    // Tables have ages and columns in them, which differ from watch to watch.
    return form.as === "Table" ? make() : this.#cache.line(`${type} ${version} ${form.as}`, stored, make);
  }

  bookmark(revision: number, more: object): string {
    const { kind, version } = this.#request;
    const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...more };
    const { as, version: metaVersion } = this.#wanted;
    if (as === "Table") {
      return lineOf(
        "BOOKMARK",
        JSON.stringify({ kind: as, apiVersion: `meta.k8s.io/${metaVersion}`, metadata, columnDefinitions: [], rows: [] }),
      );
    }
    const type =
      as === "object"
        ? { kind: kind.kind, apiVersion: formatApiVersion(kind.group, version) }
        : { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${metaVersion}` };
    return lineOf("BOOKMARK", JSON.stringify({ ...type, metadata }));
  }

  failure(error: HttpError): string {
    return lineOf("ERROR", JSON.stringify(failureStatus(error)));
  }

  #presentation(nowMs: number): Presentation {
    const form = presentationOf(this.#request, this.#wanted, nowMs);
    if (form.as !== "Table") return form;
    const options = { ...form.options, withColumns: !this.#columnsSent };
    this.#columnsSent = true;
    return { as: "Table", options };
  }
}

function lineOf(type: string, objectJson: string): string {
  return `{"type":"${type}","object":${objectJson}}\n`;
}
