import { isPlainObject } from "../../merge-patch.ts";
import { type FieldError, fieldError, forbiddenValue, unsupportedValue } from "./field-error.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

type Check = (value: unknown, path: string) => FieldError[];

function is(type: string, holds: (value: unknown) => boolean): Check {
  return (value, path) => (holds(value) ? [] : [fieldError(path, "FieldValueTypeInvalid", `Invalid value: must be ${type}`)]);
}

const text = is("a string", (value) => typeof value === "string");
const flag = is("true or false", (value) => typeof value === "boolean");
const number = is("a number", (value) => typeof value === "number");
const count = is("a whole number, 0 or more", (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const list = is("a list", Array.isArray);
const texts = is("a list of strings", (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"));
const rules = is(
  "a list of objects with a rule",
  (value) => Array.isArray(value) && value.every((entry) => isPlainObject(entry) && typeof entry.rule === "string"),
);
const anything: Check = () => [];
const schema: Check = (value, path) =>
  isPlainObject(value) ? wordErrors(value, path) : [fieldError(path, "FieldValueTypeInvalid", "Invalid value: must be an object")];
const schemas: Check = (value, path) =>
  Array.isArray(value) ? value.flatMap((entry, index) => schema(entry, `${path}[${index}]`)) : list(value, path);
const schemaMap: Check = (value, path) =>
  isPlainObject(value)
    ? Object.entries(value).flatMap(([name, entry]) => schema(entry, `${path}[${name}]`))
    : [fieldError(path, "FieldValueTypeInvalid", "Invalid value: must be an object")];
const schemaOrFlag: Check = (value, path) => (typeof value === "boolean" ? [] : schema(value, path));
const oneSchema: Check = (value, path) =>
  Array.isArray(value) ? [forbiddenValue(path, "items must be a schema object and not an array")] : schema(value, path);
const typeWord: Check = (value, path) => (TYPES.includes(value as string) ? [] : [unsupportedValue(path, value, TYPES)]);
const refused: Check = (_value, path) => [forbiddenValue(path, `${path.slice(path.lastIndexOf(".") + 1)} is not supported`)];

/** Every word of `apiextensions.k8s.io/v1 JSONSchemaProps`, with what it may be. */
const WORDS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["type", typeWord],
  ["description", text],
  ["title", text],
  ["format", text],
  ["pattern", text],
  ["nullable", flag],
  ["default", anything],
  ["example", anything],
  ["externalDocs", anything],
  ["enum", list],
  ["required", texts],
  ["minimum", number],
  ["maximum", number],
  ["multipleOf", number],
  ["exclusiveMinimum", flag],
  ["exclusiveMaximum", flag],
  ["minLength", count],
  ["maxLength", count],
  ["minItems", count],
  ["maxItems", count],
  ["minProperties", count],
  ["maxProperties", count],
  ["uniqueItems", flag],
  ["properties", schemaMap],
  ["additionalProperties", schemaOrFlag],
  ["items", oneSchema],
  ["allOf", schemas],
  ["anyOf", schemas],
  ["oneOf", schemas],
  ["not", schema],
  ["x-kubernetes-int-or-string", flag],
  ["x-kubernetes-preserve-unknown-fields", flag],
  ["x-kubernetes-embedded-resource", flag],
  ["x-kubernetes-list-type", text],
  ["x-kubernetes-list-map-keys", texts],
  ["x-kubernetes-map-type", text],
  ["x-kubernetes-validations", rules],
  ["id", refused],
  ["$schema", refused],
  ["$ref", refused],
  ["definitions", refused],
  ["dependencies", refused],
  ["patternProperties", refused],
  ["additionalItems", refused],
]);

/** Words a schema may not have, or that are not of their type, at every depth. */
export function wordErrors(schemaValue: Record<string, unknown>, path: string): FieldError[] {
  return Object.entries(schemaValue).flatMap(([word, value]) => {
    const check = WORDS.get(word);
    if (check === undefined) return [forbiddenValue(`${path}.${word}`, "no such field in a schema")];
    return value === null ? [] : check(value, `${path}.${word}`);
  });
}
