import type { KubeObject } from "../../model/object.ts";

/** kubectl's own annotation, so that `kubectl apply` and `meshctl apply` on one object understand each other. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** `object` as it is to be stored: with the record of what was applied. Server-owned fields and status are left out. */
export function withLastApplied(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object;
  const {
    resourceVersion: _version,
    uid: _uid,
    generation: _generation,
    creationTimestamp: _created,
    managedFields: _fields,
    ...metadata
  } = rest.metadata;
  const { [LAST_APPLIED]: _old, ...annotations } = metadata.annotations ?? {};
  const plain: KubeObject = { ...rest, metadata: { ...metadata, annotations } };
  const record = `${JSON.stringify(plain, sortedFields)}\n`;
  return { ...plain, metadata: { ...plain.metadata, annotations: { ...annotations, [LAST_APPLIED]: record } } };
}

/** For JSON.stringify: fields in order of their names, as kubectl writes them, so that its record and ours are the same text. */
function sortedFields(_field: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** What was last applied to `object`; null when nobody did, or the annotation is damaged. */
export function lastApplied(object: KubeObject): unknown {
  try {
    return JSON.parse(object.metadata.annotations?.[LAST_APPLIED] ?? "null");
  } catch {
    return null;
  }
}
