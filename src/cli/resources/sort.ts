import type { KubeObject } from "../../model/object.ts";
import { valuesOf } from "../output/json-path/evaluate.ts";
import type { Step } from "../output/json-path/parse.ts";
import type { Fetched } from "./fetch.ts";

/** Each kind's objects in the order of a field: numbers by value, text by its characters, objects without the field first. */
export function sortFetched(fetched: readonly Fetched[], path: readonly Step[]): Fetched[] {
  return fetched.map((part) => ({ ...part, items: [...part.items].sort((left, right) => compare(keyOf(left, path), keyOf(right, path))) }));
}

function keyOf(object: KubeObject, path: readonly Step[]): unknown {
  return valuesOf(path, object)[0];
}

function compare(left: unknown, right: unknown): number {
  if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined);
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [first, second] = [String(left), String(right)];
  return first < second ? -1 : first > second ? 1 : 0;
}
