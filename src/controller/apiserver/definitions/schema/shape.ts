import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { isPlainObject } from "../../merge-patch.ts";

/** Fields every object has: a definition's schema need not name them, and they are neither pruned nor defaulted by it. */
const IMPLICIT = new Set(["apiVersion", "kind", "metadata"]);

export type FieldPath = readonly (string | number)[];

/** What a schema says of one place in an object. */
export interface Place {
  readonly schema: StructuralSchema;
  readonly path: FieldPath;
  readonly value: unknown;
  /** The whole object, or one embedded in it: {@link IMPLICIT} fields are its own affair. */
  readonly isObjectRoot: boolean;
}

export function isImplicit(place: Pick<Place, "isObjectRoot">, name: string): boolean {
  return place.isObjectRoot && IMPLICIT.has(name);
}

/** Every value below this one that the schema says something about. */
export function childrenOf({ schema, path, value, isObjectRoot }: Place): Place[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.map((entry, index) => placeOf(items, [...path, index], entry));
  }
  if (!isPlainObject(value)) return [];
  const found: Place[] = [];
  for (const [name, child] of Object.entries(value)) {
    if (isImplicit({ isObjectRoot }, name)) continue;
    const below = fieldSchema(schema, name);
    if (below !== undefined) found.push(placeOf(below, [...path, name], child));
  }
  return found;
}

/** Schema of a field: its own, or that of every further field; undefined where nothing is said. */
export function fieldSchema(schema: StructuralSchema, name: string): StructuralSchema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** True when fields the schema does not name are kept. */
export function keepsUnknown(schema: StructuralSchema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || (schema.additionalProperties as unknown) === true;
}

function placeOf(schema: StructuralSchema, path: FieldPath, value: unknown): Place {
  return { schema, path, value, isObjectRoot: schema["x-kubernetes-embedded-resource"] === true };
}
