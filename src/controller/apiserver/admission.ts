import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject, ObjectMeta } from "../../model/object.ts";
import { formatApiVersion } from "../../model/api-version.ts";
import { parseObject } from "../../model/parse.ts";
import { isUnknownField } from "../../model/violations.ts";
import type { ResourceRequest } from "./request.ts";
import { isPlainObject } from "./merge-patch.ts";
import { badRequest, invalid } from "./status.ts";

/** What to do with fields a kind does not know. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

/** `fieldValidation` of a write. Strict when absent, unlike Kubernetes: here a misspelt field is an error unless a client asks otherwise. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get("fieldValidation") ?? "";
  if (value === "") return "Strict";
  if (value === "Strict" || value === "Warn" || value === "Ignore") return value;
  throw badRequest(`fieldValidation must be Strict, Warn or Ignore, not "${value}"`);
}

/** `dryRun=All` judges and forgets; no other value exists. */
export function dryRunOf(query: URLSearchParams, options?: { readonly dryRun?: unknown }): boolean {
  const values = [...query.getAll("dryRun"), ...(Array.isArray(options?.dryRun) ? (options.dryRun as unknown[]) : [])];
  for (const value of values) if (value !== "All") throw badRequest(`dryRun must be All, not "${String(value)}"`);
  return values.length > 0;
}

/**
 * A body as an object of the resource the URL names: apiVersion, kind, namespace and name are filled in
 * where they are absent, and must agree where they are not. The result carries the stored version.
 */
export function objectOfBody(body: unknown, request: ResourceRequest): KubeObject {
  const { kind, version, namespace, name } = request;
  if (!isPlainObject(body)) throw badRequest("the body must be one object");
  const { metadata: givenMetadata = {}, ...rest } = body as Record<string, unknown>;
  if (!isPlainObject(givenMetadata)) throw badRequest("metadata must be an object");
  const metadata = givenMetadata as Partial<KubeObject["metadata"]>;
  const apiVersion = formatApiVersion(kind.group, version);
  if (rest.apiVersion !== undefined && rest.apiVersion !== apiVersion) {
    throw badRequest(`the API version in the data (${String(rest.apiVersion)}) does not match the expected API version (${apiVersion})`);
  }
  if (rest.kind !== undefined && rest.kind !== kind.kind) {
    throw badRequest(`the kind in the data (${String(rest.kind)}) does not match the expected kind (${kind.kind})`);
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      namespace === undefined
        ? `${kind.kind} is not namespaced, but the data has namespace "${metadata.namespace}"`
        : `the namespace of the provided object does not match the namespace sent on the request (${metadata.namespace}, ${namespace})`,
    );
  }
  if (name !== undefined && metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  const { namespace: _namespace, name: ownName, ...otherMetadata } = metadata;
  const finalName = name ?? ownName;
  return {
    ...rest,
    apiVersion: storedApiVersion(kind),
    kind: kind.kind,
    metadata: {
      ...(finalName ? { name: finalName } : {}),
      ...(namespace === undefined ? {} : { namespace }),
      ...otherMetadata,
    } as KubeObject["metadata"],
  };
}

/** apiVersion of stored objects of the kind. */
export function storedApiVersion({ group, version, storageVersion }: KindDescriptor): string {
  return formatApiVersion(group, storageVersion ?? version);
}

export interface Admitted {
  readonly object: KubeObject;
  /** For the caller's Warning headers. */
  readonly warnings: readonly string[];
}

/** Schema, defaults and rules of the kind, also those about changes where there is a state before. Throws 400 or 422 with one cause for each violation. */
export function admit(kind: KindDescriptor, object: KubeObject, fieldValidation: FieldValidation, old?: KubeObject): Admitted {
  const parsed = parseObject(kind, object, fieldValidation === "Strict" ? "refuse" : "drop");
  const name = object.metadata.name || object.metadata.generateName || "";
  if (parsed.object === null) throw invalid(kind, name, parsed.violations, parsed.violations.every(isUnknownField));
  const forbiddenChanges = old === undefined ? [] : (kind.validateUpdate?.(parsed.object, old) ?? []);
  if (forbiddenChanges.length > 0) throw invalid(kind, name, forbiddenChanges, false);
  const dropped =
    fieldValidation === "Warn" ? parsed.dropped.map(({ path, hint }) => `unknown field "${path}"${hint ? ` (${hint})` : ""}`) : [];
  const unheeded = (kind.warnings?.(parsed.object) ?? []).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return { object: parsed.object, warnings: [...dropped, ...unheeded] };
}

/** The part of the metadata that is its writer's. Absent, null and empty mean the same: absent. */
export function ownMetadata({ generateName, labels, annotations, finalizers, ownerReferences }: ObjectMeta): Partial<ObjectMeta> {
  const fields = Object.entries({ generateName, labels, annotations, finalizers, ownerReferences });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined && value !== null && Object.keys(value).length > 0));
}
