import type { StructuralSchema } from "../../../model/structural-schema.ts";

/** How the values at one place of an object merge and are owned. */
export interface Topology {
  /** An object that is written and owned as a whole. Lists are, unless `list` says otherwise. */
  readonly atomic?: true;
  readonly list?: ListRule;
  /** Fields that are declared. */
  readonly fields?: ReadonlyMap<string, Topology>;
  /**
   * What keys beside `fields` are: fields a type declares and this table needs no words for (`declared`), or keys
   * of a map, each owned by itself, with values of this topology. Absent: a map of values nothing is known about.
   */
  readonly rest?: "declared" | Topology;
  /** Elements of a list. */
  readonly elements?: Topology;
  /** Strategic merge patches: lists that are merged, by a key or (null: plain values) as a set. Other lists are replaced. */
  readonly patchKey?: string | null;
  /** Strategic merge patches replace the object instead of merging it. */
  readonly patchReplaces?: true;
}

/** How elements of a list are told apart. */
export type ListRule =
  | { readonly type: "set" }
  | {
      readonly type: "map";
      readonly keys: readonly string[];
      /** Values of keys that may be left out. */
      readonly defaults: Readonly<Record<string, unknown>>;
    };

/** Nothing is known: objects are maps, lists are atomic. */
export const DEDUCED: Topology = Object.freeze({});
/** A type whose fields need no words. */
export const DECLARED: Topology = Object.freeze({ rest: "declared" });

/** Topology of the field or key `name`, and whether it is a declared field: then it goes with the last of what lies below it. */
export function fieldTopology(topology: Topology, name: string): { readonly topology: Topology; readonly declared: boolean } {
  const known = topology.fields?.get(name);
  if (known !== undefined) return { topology: known, declared: true };
  if (topology.rest === "declared") return { topology: DECLARED, declared: true };
  return { topology: topology.rest ?? DEDUCED, declared: false };
}

const SCALAR: Topology = Object.freeze({});

/** What a structural schema's `x-kubernetes-list-type`, `-list-map-keys` and `-map-type` say. */
export function topologyOfSchema(schema: StructuralSchema): Topology {
  if (schema.type === "array") return listTopology(schema);
  if (schema.type !== "object") return schema["x-kubernetes-preserve-unknown-fields"] === true ? DEDUCED : SCALAR;
  const fields = new Map(Object.entries(schema.properties ?? {}).map(([name, child]) => [name, topologyOfSchema(child)]));
  const rest = schema.additionalProperties === undefined ? {} : { rest: topologyOfSchema(schema.additionalProperties) };
  return { fields, ...rest, ...(schema["x-kubernetes-map-type"] === "atomic" ? { atomic: true as const } : {}) };
}

function listTopology(schema: StructuralSchema): Topology {
  const { items, "x-kubernetes-list-type": type, "x-kubernetes-list-map-keys": keys = [] } = schema;
  if (type === "set") return { list: { type } };
  if (type !== "map" || items === undefined) return {};
  const defaults = Object.fromEntries(
    keys.map((key) => [key, items.properties?.[key]?.default]).filter(([, value]) => value !== undefined),
  ) as Record<string, unknown>;
  return { list: { type, keys, defaults }, elements: topologyOfSchema(items) };
}
