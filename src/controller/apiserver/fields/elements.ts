import { isPlainObject } from "../merge-patch.ts";
import { keyStep, valueStep } from "./path-element.ts";
import type { ListRule } from "./topology.ts";

/** The elements of a list by their path elements, in the list's order. Several under one step: duplicates, which only stored lists may have. */
export type Elements = ReadonlyMap<string, readonly unknown[]>;

/** Null when an element cannot be told apart from others; such a list is treated as atomic. */
export function elementsOf(list: readonly unknown[], rule: ListRule): Elements | null {
  const elements = new Map<string, unknown[]>();
  for (const element of list) {
    const step = stepOf(element, rule);
    if (typeof step !== "string") return null;
    const known = elements.get(step);
    if (known === undefined) elements.set(step, [element]);
    else known.push(element);
  }
  return elements;
}

/** The element's path element, or what is wrong with it. */
export function stepOf(element: unknown, rule: ListRule): string | { readonly problem: string } {
  if (rule.type === "set") {
    return typeof element === "object" && element !== null ? { problem: "a set holds plain values only" } : valueStep(element);
  }
  if (!isPlainObject(element)) return { problem: "its elements must be objects" };
  const keys: [string, unknown][] = [];
  for (const key of rule.keys) {
    const value = element[key] ?? rule.defaults[key];
    if (value === undefined) {
      return {
        problem: `associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
      };
    }
    if (typeof value === "object") return { problem: `the key field ${JSON.stringify(key)} must be a plain value` };
    keys.push([key, value]);
  }
  return keyStep(keys);
}
