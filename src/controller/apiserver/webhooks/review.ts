import jsonPatch, { type Operation as PatchOperation } from "fast-json-patch";
import { messageOf } from "../../../lib/errors.ts";
import { formatApiVersion } from "../../../model/api-version.ts";
import type { KubeObject } from "../../../model/object.ts";
import type { Subject } from "../access/subject.ts";
import { isPlainObject } from "../merge-patch.ts";
import type { ResourceRequest } from "../request.ts";
import type { ChangedObject } from "./matching.ts";

/** What a webhook said; a mutating one may have changed the object. */
export type Verdict =
  | { readonly allowed: true; readonly object: KubeObject | null; readonly warnings: readonly string[] }
  | { readonly allowed: false; readonly status: Readonly<Record<string, unknown>>; readonly warnings: readonly string[] };

const OPTIONS: Readonly<Record<string, string>> = { CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions" };
/** Warnings one webhook may add to an answer. */
const MAX_WARNINGS = 32;
const MAX_PATCH_OPERATIONS = 10_000;

/** `admission.k8s.io/v1 AdmissionReview` request, in the version of the resource the webhook asked for. */
export function reviewRequest(
  request: ResourceRequest,
  change: ChangedObject,
  call: { readonly uid: string; readonly version: string; readonly subject: Subject; readonly dryRun: boolean },
): Record<string, unknown> {
  const { kind, subresource, namespace } = request;
  const { uid, version, subject, dryRun } = call;
  const stamp = (object: KubeObject | null): KubeObject | null =>
    object === null ? null : { ...object, apiVersion: formatApiVersion(kind.group, version) };
  const resource = { group: kind.group, version, resource: kind.plural };
  const gvk = { group: kind.group, version, kind: kind.kind };
  const sub = subresource === undefined ? {} : { subResource: subresource, requestSubResource: subresource };
  return {
    uid,
    kind: gvk,
    resource,
    requestKind: { ...gvk, version: request.version },
    requestResource: { ...resource, version: request.version },
    ...sub,
    name: (change.after ?? change.before)?.metadata.name ?? "",
    ...(namespace === undefined ? {} : { namespace }),
    operation: change.operation,
    userInfo: subject,
    object: stamp(change.after),
    oldObject: stamp(change.before),
    dryRun,
    options: { kind: OPTIONS[change.operation], apiVersion: "meta.k8s.io/v1" },
  };
}

/** Reads the answer. Throws an Error when it is none: that counts as a failed call. */
export function readVerdict(text: string, uid: string, object: KubeObject | null, mayChange: boolean): Verdict {
  const review: unknown = JSON.parse(text);
  if (!isPlainObject(review) || review.apiVersion !== "admission.k8s.io/v1" || review.kind !== "AdmissionReview") {
    throw new Error("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview");
  }
  const { response } = review;
  if (!isPlainObject(response)) throw new Error("webhook response was absent");
  if (response.uid !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
  const warnings = Array.isArray(response.warnings)
    ? response.warnings.filter((line) => typeof line === "string").slice(0, MAX_WARNINGS)
    : [];
  if (response.allowed !== true) return { allowed: false, status: isPlainObject(response.status) ? response.status : {}, warnings };
  if (response.patch === undefined || response.patch === null || response.patch === "") return { allowed: true, object, warnings };
  if (!mayChange) throw new Error("a validating webhook may not patch the object");
  if (response.patchType !== "JSONPatch")
    throw new Error(`invalid response.patchType, expected JSONPatch, got ${JSON.stringify(response.patchType)}`);
  return { allowed: true, object: patched(object, String(response.patch)), warnings };
}

function patched(object: KubeObject | null, base64: string): KubeObject {
  const operations: unknown = JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
  if (!Array.isArray(operations) || operations.length > MAX_PATCH_OPERATIONS) throw new Error("response.patch is not a list of operations");
  if (object === null) throw new Error("there is no object to patch");
  try {
    return jsonPatch.applyPatch(structuredClone(object), operations as PatchOperation[], true, true, true).newDocument;
  } catch (error) {
    const [reason] = messageOf(error).split("\n");
    throw new Error(`the patch cannot be applied: ${reason}`, { cause: error });
  }
}
