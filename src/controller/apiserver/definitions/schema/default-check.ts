import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { type FieldError, invalidValue } from "./field-error.ts";
import { unknownFieldsOf } from "./prune.ts";
import type { Place } from "./shape.ts";
import { validationErrors } from "./validate.ts";

/** Defaults must be what their own schema accepts, with nothing in them that would be pruned. */
export function defaultErrors(schema: StructuralSchema, path: string): FieldError[] {
  const found: FieldError[] = [];
  if (schema.default !== undefined) {
    const place: Place = { schema, path: [], value: schema.default, isObjectRoot: schema["x-kubernetes-embedded-resource"] === true };
    const unknown = unknownFieldsOf(place).flatMap(({ names }) => names);
    const [error] = validationErrors(place);
    if (unknown.length > 0)
      found.push(invalidValue(`${path}.default`, schema.default, `must not have unknown fields: ${unknown.join(", ")}`));
    else if (error !== undefined) found.push({ ...error, path: `${path}.default${error.path === "" ? "" : `.${error.path}`}` });
  }
  for (const [name, child] of Object.entries(schema.properties ?? {})) found.push(...defaultErrors(child, `${path}.properties[${name}]`));
  if (schema.items !== undefined) found.push(...defaultErrors(schema.items, `${path}.items`));
  if (typeof schema.additionalProperties === "object") {
    found.push(...defaultErrors(schema.additionalProperties, `${path}.additionalProperties`));
  }
  return found;
}
