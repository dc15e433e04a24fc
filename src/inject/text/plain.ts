import { type Alias, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Json } from "../json.ts";
import { Uneditable } from "./problem.ts";

/** So many values of one object; more are aliases of aliases that would fill memory. */
const MAX_VALUES = 200_000;

/**
 * Nodes as the values that Kubernetes' own reader makes of them: YAML 1.1 words for numbers and booleans, aliases and merge
 * keys resolved. Throws {@link Uneditable} when aliases multiply beyond measure.
 */
export class PlainReader {
  readonly #aliases: ReadonlyMap<Alias, Node>;
  #left = MAX_VALUES;

  constructor(aliases: ReadonlyMap<Alias, Node>) {
    this.#aliases = aliases;
  }

  /** Starts counting anew. */
  read(node: Node | null): Json {
    this.#left = MAX_VALUES;
    return this.#value(node);
  }

  #value(node: Node | null): Json {
    this.#left -= 1;
    if (node === null) return null;
    if (this.#left < 0) throw new Uneditable(node.range?.[0] ?? 0, "aliases make more than 200,000 values of this object");
    if (isAlias(node)) return this.#value(this.#aliases.get(node) ?? null);
    if (isScalar(node)) return scalarValue(node);
    if (isSeq(node)) return node.items.map((item) => (isPair(item) ? this.#map([item as never]) : this.#value(item as Node | null)));
    return isMap(node) ? this.#map(node.items as never) : null;
  }

  #map(pairs: readonly { readonly key: Node; readonly value: Node | null }[]): Json {
    const merged: Record<string, Json> = {};
    const own: Record<string, Json> = {};
    for (const { key, value } of pairs) {
      const name = keyText(key, this.#aliases);
      if (name === "<<") {
        const source = this.#value(value);
        // The first of several mappings wins.
        for (const each of Array.isArray(source) ? [...(source as Json[])].reverse() : [source]) Object.assign(merged, each);
      } else define(own, name, this.#value(value));
    }
    for (const [name, value] of Object.entries(own)) define(merged, name, value);
    return merged;
  }
}

/** `__proto__` is a key like any other. */
function define(object: Record<string, Json>, name: string, value: Json): void {
  if (name === "__proto__") Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

export function keyText(key: Node | null, aliases: ReadonlyMap<Alias, Node>): string {
  const node = isAlias(key) ? (aliases.get(key) ?? null) : key;
  if (!isScalar(node)) return "";
  return node.value === null ? (node.source ?? "null") : String(node.value);
}

/** Where YAML 1.1 and 1.2 part, the API server's reader goes with 1.1. */
function scalarValue(node: Scalar): Json {
  const { value } = node;
  if (node.type === "PLAIN" && node.source !== undefined) {
    const { source } = node;
    if (/^[-+]?0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
    if (/^(y|Y|yes|Yes|YES|on|On|ON)$/.test(source)) return true;
    if (/^(n|N|no|No|NO|off|Off|OFF)$/.test(source)) return false;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return String(node.source);
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      throw new Uneditable(node.range?.[0] ?? 0, `${node.source} is too large a number`);
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null ? value : String(value);
}
