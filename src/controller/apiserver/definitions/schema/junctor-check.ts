import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { type FieldError, forbiddenValue, requiredValue } from "./field-error.ts";

const SAYS_WHAT_THERE_IS = [
  "description",
  "title",
  "default",
  "nullable",
  "additionalProperties",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
] as const;

/** `allOf`, `anyOf`, `oneOf` and `not` may restrict what the schema around them specifies, and specify nothing themselves. */
export function junctorErrors(schema: StructuralSchema, path: string): FieldError[] {
  const found: FieldError[] = [];
  for (const word of ["allOf", "anyOf", "oneOf"] as const) {
    for (const [index, inner] of (schema[word] ?? []).entries()) {
      if (isIntOrStringAlternative(schema, inner)) continue;
      found.push(...restrictionErrors(inner, schema, `${path}.${word}[${index}]`));
    }
  }
  if (schema.not !== undefined) found.push(...restrictionErrors(schema.not, schema, `${path}.not`));
  return found;
}

/** int-or-string may say its two types once more. */
function isIntOrStringAlternative(outer: StructuralSchema, inner: StructuralSchema): boolean {
  if (outer["x-kubernetes-int-or-string"] !== true) return false;
  const words = Object.keys(inner);
  if (words.length !== 1) return false;
  return inner.type === "integer" || inner.type === "string" || words[0] === "anyOf" || words[0] === "pattern";
}

function restrictionErrors(inner: StructuralSchema, outer: StructuralSchema | undefined, path: string): FieldError[] {
  const found: FieldError[] = SAYS_WHAT_THERE_IS.filter((word) => inner[word] !== undefined).map((word) =>
    forbiddenValue(`${path}.${word}`, "must be empty to be structural"),
  );
  if (inner.type !== undefined) found.push(forbiddenValue(`${path}.type`, "must be empty to be structural"));
  for (const [name, child] of Object.entries(inner.properties ?? {})) {
    const specified = outer?.properties?.[name] ?? outer?.additionalProperties;
    if (specified === undefined && outer?.["x-kubernetes-preserve-unknown-fields"] !== true) {
      found.push(
        requiredValue(
          `${path.replace(/\.(allOf|anyOf|oneOf)\[\d+\]|\.not/g, "")}.properties[${name}]`,
          `because it is defined in ${path}.properties[${name}]`,
        ),
      );
    }
    found.push(...restrictionErrors(child, specified, `${path}.properties[${name}]`));
  }
  if (inner.items !== undefined) found.push(...restrictionErrors(inner.items, outer?.items, `${path}.items`));
  for (const word of ["allOf", "anyOf", "oneOf"] as const) {
    for (const [index, child] of (inner[word] ?? []).entries()) found.push(...restrictionErrors(child, outer, `${path}.${word}[${index}]`));
  }
  if (inner.not !== undefined) found.push(...restrictionErrors(inner.not, outer, `${path}.not`));
  return found;
}
