import type * as z from "zod";

/**
 * How a list merges when several managers apply it (Kubernetes structural schemas, `x-kubernetes-list-type`): without a
 * word it is atomic, written and owned as a whole.
 */

/** Elements are objects, told apart by `keys`, no two alike; every key is required or has a default. */
export function mapList<T extends z.ZodArray>(keys: readonly string[], list: T): T {
  const identity = (element: unknown): string => JSON.stringify(keys.map((key) => (element as Record<string, unknown>)[key]));
  return list
    .refine((elements) => allDiffer(elements.map(identity)), `two entries have the same ${keys.join(" and ")}`)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [...keys] });
}

/** Elements are plain values, each there once. */
export function setList<T extends z.ZodArray>(list: T): T {
  return list.refine(allDiffer, "an entry stands there twice").meta({ "x-kubernetes-list-type": "set" });
}

function allDiffer(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
