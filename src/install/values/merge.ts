import type { PartialValues } from "./schema.ts";

/** `over` on top of `under`: objects field by field, everything else whole. Neither is changed. */
export function mergeValues(under: PartialValues, over: PartialValues): PartialValues {
  const merged: Record<string, unknown> = { ...under };
  for (const [field, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, field) ? merged[field] : undefined;
    Object.defineProperty(merged, field, {
      value: isObject(below) && isObject(value) ? mergeValues(below, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return merged;
}

export function isObject(value: unknown): value is PartialValues {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
