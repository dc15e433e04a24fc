import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { isPlainObject } from "../../merge-patch.ts";
import { type FieldError, fieldError, shown } from "./field-error.ts";
import type { FieldPath } from "./shape.ts";

/** No element twice in a list that is a set, no two with the same keys in one that is a map. */
export function duplicateErrors(schema: StructuralSchema, path: FieldPath, list: readonly unknown[]): FieldError[] {
  const type = schema["x-kubernetes-list-type"];
  if (type !== "set" && type !== "map") return [];
  const keys = type === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : null;
  const seen = new Set<string>();
  const found: FieldError[] = [];
  for (const [index, element] of list.entries()) {
    const identity = keys === null ? element : identityOf(schema.items, element, keys);
    const text = canonicalText(identity);
    if (seen.has(text)) found.push(fieldError([...path, index], "FieldValueDuplicate", `Duplicate value: ${shown(identity)}`));
    seen.add(text);
  }
  return found;
}

/** Values of the keys of one element; a key that is absent counts as its default. */
function identityOf(items: StructuralSchema | undefined, element: unknown, keys: readonly string[]): Record<string, unknown> {
  if (!isPlainObject(element)) return {};
  const entries = keys.map((key) => [key, Object.hasOwn(element, key) ? element[key] : items?.properties?.[key]?.default] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The same text for equal values, whatever the order of their fields. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    isPlainObject(child) ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1))) : child,
  );
}
