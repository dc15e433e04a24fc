import { isPlainObject } from "../../merge-patch.ts";
import { childrenOf, isImplicit, type Place } from "./shape.ts";

/**
 * Puts in the defaults of absent fields, outermost first, so that the defaults of what a default brings count too.
 * A null where none is allowed counts as absent when there is a default. Changes the value of `place`.
 */
export function applyDefaults(place: Place): void {
  const { schema, value } = place;
  if (isPlainObject(value)) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (field.default === undefined || isImplicit(place, name)) continue;
      const absent = !Object.hasOwn(value, name) || (value[name] === null && field.nullable !== true);
      if (absent) value[name] = structuredClone(field.default);
    }
    const more = schema.additionalProperties;
    if (typeof more === "object" && more.default !== undefined) {
      for (const [name, child] of Object.entries(value)) {
        const own = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
        if (child === null && !own && more.nullable !== true) value[name] = structuredClone(more.default);
      }
    }
  }
  for (const child of childrenOf(place)) applyDefaults(child);
}
