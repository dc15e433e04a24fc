import * as z from "zod";

/** A Kubernetes structural schema: OpenAPI v3 without `$ref`, `additionalProperties: false` and type alternatives. */
export interface StructuralSchema {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  description?: string;
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  title?: string;
  nullable?: boolean;
  example?: unknown;
  externalDocs?: unknown;
  uniqueItems?: boolean;
  /** In value validations only: they restrict, and never say what there is. */
  allOf?: StructuralSchema[];
  anyOf?: StructuralSchema[];
  oneOf?: StructuralSchema[];
  not?: StructuralSchema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-validations"?: ValidationRule[];
}

/** An entry of `x-kubernetes-validations`: a CEL expression that must be true of a value. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

const KEPT = [
  "type",
  "description",
  "required",
  "enum",
  "default",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
] as const;

type Json = Record<string, unknown>;
const cache = new WeakMap<z.ZodType, StructuralSchema>();

/**
 * What `schema` accepts, as a structural schema. Unknown fields: a structural schema prunes them, and
 * the API refuses them by field validation, so `additionalProperties: false` has no counterpart.
 * Throws when the schema uses an alternative of types, which Kubernetes cannot express.
 */
export function structuralSchemaOf(schema: z.ZodType): StructuralSchema {
  let known = cache.get(schema);
  if (known === undefined) {
    known = convert(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", reused: "inline" }) as Json, "");
    cache.set(schema, known);
  }
  return known;
}

/** Says that `schema` accepts what `structural` does: for schemas that are made from structural ones. */
export function adoptStructural(schema: z.ZodType, structural: StructuralSchema): void {
  cache.set(schema, structural);
}

function convert(node: Json, path: string): StructuralSchema {
  if (node["x-kubernetes-int-or-string"] === true) {
    const result: StructuralSchema = { "x-kubernetes-int-or-string": true };
    if (node.description !== undefined) result.description = String(node.description);
    if (node.default !== undefined) result.default = node.default;
    return result;
  }
  for (const word of ["anyOf", "oneOf", "allOf", "not", "$ref"]) {
    if (node[word] !== undefined) throw new Error(`the schema of ${path || "the object"} uses ${word}, which a CRD cannot say`);
  }
  const result: StructuralSchema = {};
  for (const key of KEPT) if (node[key] !== undefined) (result as Json)[key] = node[key];
  if (node.type === "integer") boundInteger(result);
  if (node.properties !== undefined) {
    const entries = Object.entries(node.properties as Record<string, Json>);
    result.properties = Object.fromEntries(entries.map(([name, child]) => [name, convert(child, `${path}.${name}`)]));
  }
  if (node.items !== undefined) result.items = convert(node.items as Json, `${path}[*]`);
  const rest = node.additionalProperties;
  if (rest !== undefined && rest !== false) {
    if (rest === true || Object.keys(rest as Json).length === 0) result["x-kubernetes-preserve-unknown-fields"] = true;
    else result.additionalProperties = convert(rest as Json, `${path}.*`);
  }
  // z.unknown() is the empty schema.
  if (result.type === undefined) result["x-kubernetes-preserve-unknown-fields"] = true;
  return result;
}

/** zod writes the range of safe integers where none was asked for; a CRD says int64 instead. */
function boundInteger(result: StructuralSchema): void {
  result.format = "int64";
  if (result.minimum === Number.MIN_SAFE_INTEGER) delete result.minimum;
  if (result.maximum === Number.MAX_SAFE_INTEGER) delete result.maximum;
}
