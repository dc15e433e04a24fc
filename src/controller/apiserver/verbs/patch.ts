import jsonPatch, { type Operation } from "fast-json-patch";
import { messageOf } from "../../../lib/errors.ts";
import { formatApiVersion } from "../../../model/api-version.ts";
import type { KindDescriptor } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/object.ts";
import { HttpError } from "../../http.ts";
import { dryRunOf, fieldValidationOf, objectOfBody } from "../admission.ts";
import { decodeBody } from "../body.ts";
import type { ApiContext } from "../context.ts";
import { topologyOf } from "../fields/topology-of.ts";
import { applyMergePatch, isPlainObject } from "../merge-patch.ts";
import type { Outcome } from "../outcome.ts";
import { bucketOf, isCustom, type ResourceRequest, storeKey } from "../request.ts";
import { badRequest, invalidOptions, notFound } from "../status.ts";
import { applyStrategicMergePatch } from "../strategic-merge.ts";
import { applyVerb } from "./apply.ts";
import { replaceObject } from "./update.ts";

const MAX_OPERATIONS = 10_000;

const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";
const PATCH_TYPES = ["application/json-patch+json", "application/merge-patch+json", STRATEGIC, APPLY] as const;
export type PatchType = (typeof PATCH_TYPES)[number];

/** Media types of patches of a kind. As on a cluster, custom kinds have no strategic ones: nothing says how their lists merge. */
export function patchTypesOf(kind: KindDescriptor): readonly PatchType[] {
  return isCustom(kind) ? PATCH_TYPES.filter((type) => type !== STRATEGIC) : PATCH_TYPES;
}

/** PATCH of an object or its status. Patches wait for each other, so without a resourceVersion in them they never conflict. */
export async function patchVerb(api: ApiContext, request: ResourceRequest, type: PatchType, body: Buffer): Promise<Outcome> {
  if (type === APPLY) return applyVerb(api, request, decodeBody(body, isJson(body) ? "application/json" : "application/yaml"));
  const { kind, namespace, name = "", query } = request;
  if (query.has("force")) {
    throw invalidOptions("PatchOptions", [
      { path: "force", reason: "FieldValueForbidden", message: "Forbidden: may not be specified for non-apply patch" },
    ]);
  }
  const apply = READERS[type](decodeBody(body, "application/json"), kind);
  const fieldValidation = fieldValidationOf(query);
  let warnings: readonly string[] = [];
  const stored = await api.store.write(
    (transaction) => {
      const current = transaction.get(bucketOf(kind), storeKey(namespace, name));
      if (current === undefined) throw notFound(kind, name);
      // The patch is written against the version the client asked for.
      const before = { ...(kind.readAs?.(current.object) ?? current.object), apiVersion: formatApiVersion(kind.group, request.version) };
      const next = objectOfBody(apply(before), request);
      const replaced = replaceObject(transaction, request, current, next, fieldValidation);
      warnings = replaced.warnings;
      return replaced.stored;
    },
    { dryRun: dryRunOf(query) },
  );
  return { type: "object", code: 200, stored, warnings };
}

/** JSON is YAML, and read much faster as what it is. */
function isJson(body: Buffer): boolean {
  return body.toString("latin1", 0, 64).trimStart().startsWith("{");
}

type Applied = (object: KubeObject) => unknown;

/** A patch as a function; throws 400 when it is none. */
const READERS: Readonly<Record<Exclude<PatchType, typeof APPLY>, (patch: unknown, kind: KindDescriptor) => Applied>> = {
  "application/merge-patch+json": mergePatchOf,
  "application/json-patch+json": jsonPatchOf,
  [STRATEGIC]: strategicPatchOf,
};

function mergePatchOf(patch: unknown): Applied {
  if (!isPlainObject(patch)) throw badRequest("a merge patch must be an object");
  return (object) => applyMergePatch(object, patch);
}

function strategicPatchOf(patch: unknown, kind: KindDescriptor): Applied {
  if (!isPlainObject(patch)) throw badRequest("a strategic merge patch must be an object");
  return (object) => applyStrategicMergePatch(object, patch, topologyOf(kind));
}

/** RFC 6902. */
function jsonPatchOf(patch: unknown): Applied {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch must be a list of operations");
  if (patch.length > MAX_OPERATIONS)
    throw new HttpError(413, "RequestEntityTooLarge", `a JSON patch may have ${MAX_OPERATIONS} operations at most`);
  return (object) => {
    try {
      return jsonPatch.applyPatch(structuredClone(object), patch as Operation[], true, true, true).newDocument;
    } catch (error) {
      // The library appends the whole document to its messages.
      const [reason = "it cannot be applied"] = messageOf(error).split("\n");
      throw new HttpError(422, "Invalid", `the JSON patch cannot be applied: ${reason}`);
    }
  };
}
