import type { KindDescriptor } from "../../../model/kind.ts";
import type { KubeObject, ObjectMeta } from "../../../model/object.ts";
import { isPlainObject } from "../merge-patch.ts";

/** Metadata that says which object it is or what the server knows of it: nobody's to own. */
const SERVER_METADATA = new Set([
  "name",
  "namespace",
  "uid",
  "selfLink",
  "generation",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

/**
 * The part of an object that writers through `subresource` own: of the status subresource the status, of the
 * others everything but it (where the kind has that subresource) and but what the server says.
 */
export function ownedPart(kind: KindDescriptor, subresource: string | undefined, object: object): Record<string, unknown> {
  const { apiVersion: _apiVersion, kind: _kind, metadata, status, ...rest } = object as Record<string, unknown>;
  if (subresource === "status") return status === undefined ? {} : { status };
  const entries = Object.entries(isPlainObject(metadata) ? metadata : {}).filter(([name]) => !SERVER_METADATA.has(name));
  return {
    ...(entries.length === 0 ? {} : { metadata: Object.fromEntries(entries) }),
    ...rest,
    ...(kind.status || status === undefined ? {} : { status }),
  };
}

/** `object` with `part` in the place of what {@link ownedPart} takes from it. */
export function withOwnedPart(
  kind: KindDescriptor,
  subresource: string | undefined,
  object: KubeObject,
  part: Record<string, unknown>,
): KubeObject {
  const { apiVersion, kind: kindName, metadata, status } = object;
  if (subresource === "status") {
    const { status: _status, ...rest } = object;
    return { ...rest, ...part } as KubeObject;
  }
  const server = Object.entries(metadata).filter(([name]) => SERVER_METADATA.has(name));
  return {
    apiVersion,
    kind: kindName,
    ...part,
    metadata: { ...Object.fromEntries(server), ...(part.metadata as object | undefined) } as ObjectMeta,
    ...(kind.status && status !== undefined ? { status } : {}),
  };
}
