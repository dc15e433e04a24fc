import { parseJsonPath, valuesAt } from "../../../model/json-path.ts";
import type { KindDescriptor, ScalePaths } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/object.ts";
import { HttpError } from "../../http.ts";
import { dryRunOf } from "../admission.ts";
import type { ApiContext } from "../context.ts";
import { applyMergePatch, isPlainObject } from "../merge-patch.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, type ResourceRequest, storeKey } from "../request.ts";
import { badRequest, conflict, methodNotAllowed, notFound } from "../status.ts";
import { replaceObject } from "./update.ts";

/** A patch of a Scale has two fields at most: these two types come to the same. */
const PATCH_TYPES = ["application/merge-patch+json", "application/strategic-merge-patch+json"];

/** GET, PUT or PATCH of `…/scale`: how many there are to be, as `autoscaling/v1 Scale`. The outcome holds the whole object. */
export async function scaleVerb(
  api: ApiContext,
  method: string,
  request: ResourceRequest,
  mediaType: string,
  readBody: () => Promise<unknown>,
): Promise<Outcome> {
  const { kind, namespace, name = "", query } = request;
  const key = storeKey(namespace, name);
  if (method === "GET") {
    const stored = api.store.get(bucketOf(kind), key);
    if (stored === undefined) throw notFound(kind, name);
    return { type: "object", code: 200, stored, warnings: [] };
  }
  if (method !== "PUT" && method !== "PATCH") throw methodNotAllowed();
  if (method === "PATCH" && !PATCH_TYPES.includes(mediaType)) {
    throw new HttpError(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: ${PATCH_TYPES.join(", ")}`,
    );
  }
  const body = await readBody();
  let warnings: readonly string[] = [];
  const stored = await api.store.write(
    (transaction) => {
      const current = transaction.get(bucketOf(kind), key);
      if (current === undefined) throw notFound(kind, name);
      const given = method === "PUT" ? body : applyMergePatch(scaleOf(kind, current.object), body);
      const { replicas, resourceVersion } = readScale(given);
      if (resourceVersion !== undefined && resourceVersion !== current.object.metadata.resourceVersion) {
        throw conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");
      }
      const seen = kind.readAs?.(current.object) ?? current.object;
      const next = withReplicas(seen, (kind.scale as ScalePaths).specReplicas, replicas);
      const { subresource: _scale, ...whole } = request;
      const replaced = replaceObject(transaction, whole, current, next, "Ignore");
      warnings = replaced.warnings;
      return replaced.stored;
    },
    { dryRun: dryRunOf(query) },
  );
  return { type: "object", code: 200, stored, warnings };
}

/** An object as its Scale. */
export function scaleOf(kind: KindDescriptor, object: KubeObject): KubeObject {
  const { specReplicas, statusReplicas, labelSelector } = kind.scale as ScalePaths;
  const at = (path: string): unknown => valuesAt(object, parseJsonPath(path) ?? [])[0];
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = labelSelector === undefined ? undefined : selectorText(at(labelSelector));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"],
    spec: { replicas: Number(at(specReplicas) ?? 0) },
    status: { replicas: Number(at(statusReplicas) ?? 0), ...(selector === undefined ? {} : { selector }) },
  };
}

function selectorText(selector: unknown): string | undefined {
  if (typeof selector === "string") return selector;
  if (!isPlainObject(selector)) return undefined;
  const labels = isPlainObject(selector.matchLabels) ? selector.matchLabels : selector;
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(",");
}

function readScale(body: unknown): { readonly replicas: number; readonly resourceVersion: string | undefined } {
  if (!isPlainObject(body) || (body.kind !== undefined && body.kind !== "Scale"))
    throw badRequest("the body must be one Scale of autoscaling/v1");
  const spec = isPlainObject(body.spec) ? body.spec : {};
  const metadata = isPlainObject(body.metadata) ? body.metadata : {};
  const { replicas = 0 } = spec;
  if (!Number.isSafeInteger(replicas) || (replicas as number) < 0) {
    const cause = {
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`,
      field: "spec.replicas",
    };
    throw new HttpError(422, "Invalid", `Scale.autoscaling is invalid: ${cause.field}: ${cause.message}`, {
      kind: "Scale",
      causes: [cause],
    });
  }
  return {
    replicas: replicas as number,
    resourceVersion: typeof metadata.resourceVersion === "string" ? metadata.resourceVersion : undefined,
  };
}

/** `path` is simple: `.spec.replicas`. */
function withReplicas(object: KubeObject, path: string, replicas: number): KubeObject {
  const copy = structuredClone(object);
  const steps = path.slice(1).split(".");
  let node = copy as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) {
    if (!isPlainObject(node[step])) node[step] = {};
    node = node[step] as Record<string, unknown>;
  }
  node[steps.at(-1) as string] = replicas;
  return copy;
}
