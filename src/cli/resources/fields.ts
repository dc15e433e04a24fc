import { closest } from "../../lib/closest.ts";
import { UserError } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { StructuralSchema } from "../../model/structural-schema.ts";
import type { Style } from "../output/style.ts";

/** What every object has beside its kind's own fields. */
const METADATA: StructuralSchema = Object.freeze({ type: "object", description: "Name, namespace, labels and annotations." } as const);

/** The schema of a field of `kind`, whose own fields are `own`; lists are looked through. Throws a UserError that names the fields that exist. */
export function fieldAt(kind: KindDescriptor, own: StructuralSchema, path: readonly string[]): StructuralSchema {
  let schema: StructuralSchema = { ...own, properties: { metadata: METADATA, ...own.properties } };
  for (const [index, name] of path.entries()) {
    const properties = fieldsOf(schema);
    const next = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    if (next === undefined) {
      const names = Object.keys(properties);
      const meant = closest(name, names);
      throw new UserError(`${[kind.kind, ...path.slice(0, index)].join(".")} has no field ${name}`, {
        hint: meant === null ? (names.length > 0 ? `It has: ${names.join(", ")}.` : "It has no fields.") : `Did you mean ${meant}?`,
      });
    }
    schema = next;
  }
  return schema;
}

/** A line or two for each field of `schema`; with `recursive` one for each, as deep as they go. */
export function describeFields(schema: StructuralSchema, style: Style, recursive: boolean, depth = 1): string[] {
  const required = new Set(required_(schema));
  return Object.entries(fieldsOf(schema)).flatMap(([name, field]) => {
    const indent = "  ".repeat(depth);
    const line = `${indent}${style.strong(name)} <${typeOf(field)}>${required.has(name) ? " -required-" : ""}`;
    if (recursive) return [line, ...describeFields(field, style, true, depth + 1)];
    return [line, `${indent}  ${field.description ?? ""}${limits(field)}`.trimEnd()];
  });
}

function fieldsOf(schema: StructuralSchema): Record<string, StructuralSchema> {
  return schema.properties ?? schema.items?.properties ?? {};
}

function required_(schema: StructuralSchema): readonly string[] {
  return schema.required ?? schema.items?.required ?? [];
}

function typeOf(field: StructuralSchema): string {
  if (field["x-kubernetes-int-or-string"]) return "integer or string";
  if (field.type === "array") return `[]${typeOf(field.items ?? {})}`;
  if (field.additionalProperties !== undefined) return `map[string]${typeOf(field.additionalProperties)}`;
  return field.type ?? "any";
}

function limits(field: StructuralSchema): string {
  const parts = [
    field.enum === undefined ? "" : `one of ${field.enum.map(String).join(", ")}`,
    field.minimum === undefined || field.minimum <= -(2 ** 31) ? "" : `at least ${field.minimum}`,
    field.maximum === undefined || field.maximum >= 2 ** 31 - 1 ? "" : `at most ${field.maximum}`,
    field.default === undefined ? "" : `default ${JSON.stringify(field.default)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}
