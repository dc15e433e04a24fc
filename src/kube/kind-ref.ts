import type { KindDescriptor } from "../model/kind.ts";
import type { KindRef } from "./contract.ts";

/** The REST collection of a kind. */
export function kindRefOf(kind: KindDescriptor): KindRef {
  const { group, version, kind: name, plural, namespaced } = kind;
  return { group, version, kind: name, plural, namespaced };
}

/**
 * Path of a collection, or of the object `name`, or of its `subresource`. Without a namespace the
 * collection of a namespaced kind is that of every namespace.
 */
export function resourcePath(kind: KindRef, namespace?: string, name?: string, subresource?: string): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const inside = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const tail = [name, subresource].filter((part) => part !== undefined).map((part) => `/${encodeURIComponent(part)}`);
  return `${root}${inside}/${kind.plural}${tail.join("")}`;
}
