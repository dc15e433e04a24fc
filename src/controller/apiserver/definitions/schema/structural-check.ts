import type { StructuralSchema } from "../../../../model/structural-schema.ts";
import { isPlainObject } from "../../merge-patch.ts";
import { type FieldError, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from "./field-error.ts";
import { junctorErrors } from "./junctor-check.ts";
import { compiledPattern } from "./patterns.ts";
import { wordErrors } from "./schema-words.ts";

/** What may stand around a schema, and decides what it may say. */
interface Level {
  readonly kind: "root" | "field" | "item";
}

/**
 * Why a schema of a CustomResourceDefinition is not structural, field by field; empty when it is. `path` is where
 * it stands. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function structuralErrors(schema: unknown, path: string): FieldError[] {
  if (!isPlainObject(schema)) return [invalidValue(path, schema, "must be an object")];
  const wrongWords = wordErrors(schema, path);
  // Of the wrong types it cannot be walked.
  if (wrongWords.length > 0) return wrongWords;
  return levelErrors(schema as StructuralSchema, path, { kind: "root" });
}

function levelErrors(schema: StructuralSchema, path: string, level: Level): FieldError[] {
  return [
    ...typeErrors(schema, path, level),
    ...extensionErrors(schema, path, level),
    ...valueErrors(schema, path),
    ...junctorErrors(schema, path),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      levelErrors(child, `${path}.properties[${name}]`, { kind: "field" }),
    ),
    ...(schema.items === undefined ? [] : levelErrors(schema.items, `${path}.items`, { kind: "item" })),
    ...(typeof schema.additionalProperties === "object"
      ? levelErrors(schema.additionalProperties, `${path}.additionalProperties`, { kind: "field" })
      : []),
  ];
}

const PLACES: Readonly<Record<Level["kind"], string>> = {
  root: "at the root",
  field: "for specified object fields",
  item: "for specified array items",
};

function typeErrors(schema: StructuralSchema, path: string, { kind }: Level): FieldError[] {
  const { type } = schema;
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  if (type === undefined) {
    if (intOrString || (schema["x-kubernetes-preserve-unknown-fields"] === true && kind !== "root")) return [];
    return [requiredValue(`${path}.type`, `must not be empty ${PLACES[kind]}`)];
  }
  if (intOrString) return [invalidValue(`${path}.type`, type, "must be empty if x-kubernetes-int-or-string is true")];
  if (kind === "root" && type !== "object") return [invalidValue(`${path}.type`, type, "must be object at the root")];
  if (type === "array" && schema.items === undefined) return [requiredValue(`${path}.items`, "must be specified")];
  if (schema.properties !== undefined && type !== "object")
    return [invalidValue(`${path}.type`, type, "must be object if properties is specified")];
  return [];
}

function extensionErrors(schema: StructuralSchema, path: string, { kind }: Level): FieldError[] {
  const found: FieldError[] = [];
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    found.push(invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  }
  if (schema["x-kubernetes-embedded-resource"] === true) {
    const noFields = schema.properties === undefined && schema["x-kubernetes-preserve-unknown-fields"] !== true;
    if (schema.type !== "object")
      found.push(invalidValue(`${path}.type`, schema.type ?? "", "must be object if x-kubernetes-embedded-resource is true"));
    if (noFields)
      found.push(
        requiredValue(
          `${path}.properties`,
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
      );
  }
  if (kind === "root" || schema["x-kubernetes-embedded-resource"] === true) found.push(...metadataErrors(schema, path));
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType !== undefined && mapType !== "granular" && mapType !== "atomic") {
    found.push(unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, ["granular", "atomic"]));
  }
  return [...found, ...listErrors(schema, path)];
}

/** The server decides what metadata is: a schema may only narrow names. */
function metadataErrors(schema: StructuralSchema, path: string): FieldError[] {
  const metadata = schema.properties?.metadata;
  if (metadata === undefined) return [];
  const { type, description: _description, properties = {}, ...more } = metadata;
  const others = Object.keys(properties).filter((name) => name !== "name" && name !== "generateName");
  if (type !== "object") return [invalidValue(`${path}.properties[metadata].type`, type ?? "", "must be object")];
  return Object.keys(more).length === 0 && others.length === 0
    ? []
    : [
        forbiddenValue(
          `${path}.properties[metadata]`,
          "must not specify anything other than name and generateName, but metadata is implicitly specified",
        ),
      ];
}

function listErrors(schema: StructuralSchema, path: string): FieldError[] {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"];
  const keysPath = `${path}.x-kubernetes-list-map-keys`;
  if (listType === undefined)
    return keys === undefined ? [] : [forbiddenValue(keysPath, "must be empty if x-kubernetes-list-type is not map")];
  const typePath = `${path}.x-kubernetes-list-type`;
  if (!["atomic", "set", "map"].includes(listType)) return [unsupportedValue(typePath, listType, ["atomic", "set", "map"])];
  if (schema.type !== "array")
    return [invalidValue(`${path}.type`, schema.type ?? "", "must be array if x-kubernetes-list-type is specified")];
  if (listType !== "map") return keys === undefined ? [] : [forbiddenValue(keysPath, "must be empty if x-kubernetes-list-type is not map")];
  if (keys === undefined || keys.length === 0) return [requiredValue(keysPath, "must not be empty if x-kubernetes-list-type is map")];
  const { items } = schema;
  if (items?.type !== "object")
    return [invalidValue(`${path}.items.type`, items?.type ?? "", "must be object if parent array's x-kubernetes-list-type is map")];
  return keys.flatMap((key, index) => {
    const field = items.properties?.[key];
    if (field === undefined) return [invalidValue(`${keysPath}[${index}]`, key, `entries must all be names of item properties`)];
    if (items.required?.includes(key) === true || field.default !== undefined) return [];
    return [
      requiredValue(
        `${path}.items.properties[${key}].default`,
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      ),
    ];
  });
}

function valueErrors(schema: StructuralSchema, path: string): FieldError[] {
  const found: FieldError[] = [];
  if (schema.uniqueItems === true) {
    found.push(forbiddenValue(`${path}.uniqueItems`, "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
  }
  if ((schema.additionalProperties as unknown) === false) {
    found.push(forbiddenValue(`${path}.additionalProperties`, "additionalProperties cannot be set to false"));
  } else if (schema.additionalProperties !== undefined && schema.properties !== undefined) {
    found.push(forbiddenValue(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  }
  if (schema.pattern !== undefined && compiledPattern(schema.pattern) === null) {
    found.push(invalidValue(`${path}.pattern`, schema.pattern, "must be a valid regular expression, but isn't: RE2 syntax is expected"));
  }
  return found;
}
