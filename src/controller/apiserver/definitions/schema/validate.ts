import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { formatFieldPath } from "../../../../model/violations.ts";
import { isPlainObject } from "../../merge-patch.ts";
import { type FieldError, fieldError, invalidValue, requiredValue } from "./field-error.ts";
import { duplicateErrors } from "./lists.ts";
import { enumErrors, numberErrors, stringErrors } from "./scalar-rules.ts";
import { childrenOf, type FieldPath, isImplicit, type Place } from "./shape.ts";

/** Causes one answer lists; the rest would not be read. */
const MAX_FIELD_ERRORS = 100;

/** What the value violates, in the words API servers use (kube-openapi's validation, field by field). */
export function validationErrors(place: Place): FieldError[] {
  return judge(place).slice(0, MAX_FIELD_ERRORS);
}

function judge(place: Place): FieldError[] {
  const { schema, path, value } = place;
  if (value === null && schema.nullable === true) return [];
  const where = path.length === 0 ? "<nil>" : formatFieldPath(path);
  const wrongType = typeError(schema, path, where, value);
  if (wrongType !== null) return [wrongType];
  return [
    ...enumErrors(schema, path, value),
    ...(typeof value === "string" ? stringErrors(schema, path, where, value) : []),
    ...(typeof value === "number" ? numberErrors(schema, path, where, value) : []),
    ...(Array.isArray(value) ? listErrors(schema, path, where, value) : []),
    ...(isPlainObject(value) ? objectErrors(place, where, value) : []),
    ...alternativeErrors(place, where),
    ...childrenOf(place).flatMap(judge),
  ];
}

function typeError(schema: StructuralSchema, path: FieldPath, where: string, value: unknown): FieldError | null {
  if (schema["x-kubernetes-int-or-string"] === true) {
    if (typeof value === "string" || Number.isInteger(value)) return null;
    return typeInvalid(path, `${where} in body must be of type integer,string`, value);
  }
  const { type } = schema;
  if (type === undefined || typeName(value) === type || (type === "number" && typeName(value) === "integer")) return null;
  return typeInvalid(path, `${where} in body must be of type ${type}`, value);
}

function typeInvalid(path: FieldPath, detail: string, value: unknown): FieldError {
  const name = JSON.stringify(typeName(value));
  return fieldError(path, "FieldValueTypeInvalid", `Invalid value: ${name}: ${detail}: ${name}`);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function listErrors(schema: StructuralSchema, path: FieldPath, where: string, list: readonly unknown[]): FieldError[] {
  const found: FieldError[] = [];
  const { minItems, maxItems } = schema;
  if (maxItems !== undefined && list.length > maxItems) found.push(tooMany(path, list.length, maxItems));
  if (minItems !== undefined && list.length < minItems) {
    found.push(invalidValue(path, list.length, `${where} in body should have at least ${minItems} items`));
  }
  return [...found, ...duplicateErrors(schema, path, list)];
}

function objectErrors(place: Place, where: string, value: Record<string, unknown>): FieldError[] {
  const { schema, path } = place;
  const { required = [], minProperties, maxProperties } = schema;
  const found = required
    .filter((name) => !Object.hasOwn(value, name) && !(path.length === 0 && isImplicit(place, name)))
    .map((name) => requiredValue([...path, name]));
  if (schema["x-kubernetes-embedded-resource"] === true) {
    for (const name of ["apiVersion", "kind"]) {
      if (typeof value[name] !== "string" || value[name] === "") found.push(requiredValue([...path, name], "must not be empty"));
    }
  }
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties) found.push(tooMany(path, count, maxProperties));
  if (minProperties !== undefined && count < minProperties) {
    found.push(invalidValue(path, count, `${where} in body should have at least ${minProperties} properties`));
  }
  return found;
}

function tooMany(path: FieldPath, actual: number, max: number): FieldError {
  return fieldError(path, "FieldValueTooMany", `Too many: ${actual}: must have at most ${max} items`);
}

/** `allOf`, `anyOf`, `oneOf`, `not`. */
function alternativeErrors(place: Place, where: string): FieldError[] {
  const { schema, path, value } = place;
  const against = (other: StructuralSchema): FieldError[] => judge({ ...place, schema: withTypeOf(schema, other) });
  const found: FieldError[] = [];
  const refuse = (detail: string): void => void found.push(invalidValue(path, value, `${JSON.stringify(where)} must ${detail}`));
  const all = (schema.allOf ?? []).flatMap(against);
  if (all.length > 0) {
    refuse("validate all the schemas (allOf)");
    found.push(...all);
  }
  if (schema.anyOf !== undefined) {
    const tries = schema.anyOf.map(against);
    if (!tries.some((errors) => errors.length === 0)) {
      refuse("validate at least one schema (anyOf)");
      found.push(...(tries[0] ?? []));
    }
  }
  if (schema.oneOf !== undefined) {
    const tries = schema.oneOf.map(against);
    const valid = tries.filter((errors) => errors.length === 0).length;
    if (valid !== 1) {
      refuse(`validate one and only one schema (oneOf). Found ${valid === 0 ? "none" : valid} valid`);
      if (valid === 0) found.push(...(tries[0] ?? []));
    }
  }
  if (schema.not !== undefined && against(schema.not).length === 0) refuse("not validate the schema (not)");
  return found;
}

/** Restrictions inside alternatives carry no types of their own but for int-or-string. */
function withTypeOf(outer: StructuralSchema, inner: StructuralSchema): StructuralSchema {
  return outer.nullable === true && inner.nullable === undefined ? { ...inner, nullable: true } : inner;
}
