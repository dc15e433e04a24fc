import type { KubeObject } from "../../model/object.ts";

/** True when everything `desired` says stands in `present` too; fields only `present` has (defaults, other people's labels) do not count. */
export function sameOwnedFields(desired: KubeObject, present: KubeObject): boolean {
  const { metadata, ...fields } = desired;
  return contains(fields, present) && contains(metadata.labels ?? {}, present.metadata.labels ?? {});
}

/** Arrays must have the same length: a list is owned whole. */
function contains(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(found) && found.length === wanted.length && wanted.every((value, index) => contains(value, found[index]));
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof found !== "object" || found === null) return false;
    return Object.entries(wanted).every(([name, value]) => contains(value, (found as Record<string, unknown>)[name]));
  }
  return wanted === found;
}
