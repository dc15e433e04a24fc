import type { StructuralSchema } from "../../model/structural-schema.ts";
import { structuralSchemaOf } from "../../model/structural-schema.ts";
import { type PartialValues, valuesSchema } from "./schema.ts";

/** One `--set a.b=c`; a dot inside a key is written `\.`. */
export interface Assignment {
  readonly path: readonly string[];
  readonly text: string;
}

/** `controller.replicas=3` taken apart; null when it is not of the form PATH=VALUE. */
export function parseAssignment(text: string): Assignment | null {
  const at = text.indexOf("=");
  if (at <= 0) return null;
  const path = (text.slice(0, at).match(/(?:\\.|[^.\\])+|^(?=\.)|(?<=\.)(?=\.|$)/g) ?? []).map((part) =>
    part.replace(/\\(.)/g, "$1").trim(),
  );
  return path.length === 0 || path.includes("") ? null : { path, text: text.slice(at + 1) };
}

/**
 * Nested values for an assignment. The text becomes what the schema has at that path: a number or boolean where it asks
 * for one and the text is one, a list of texts split at commas, text otherwise; a wrong one is left for the schema to refuse.
 */
export function valuesOf({ path, text }: Assignment): PartialValues {
  const value = typed(text, schemaAt(path));
  return path.reduceRight<unknown>((inner, field) => Object.fromEntries([[field, inner]]), value) as PartialValues;
}

function schemaAt(path: readonly string[]): StructuralSchema | undefined {
  let node: StructuralSchema | undefined = structuralSchemaOf(valuesSchema);
  for (const field of path) {
    const properties: Record<string, StructuralSchema> = node?.properties ?? {};
    node = Object.hasOwn(properties, field) ? properties[field] : node?.additionalProperties;
  }
  return node;
}

function typed(text: string, schema: StructuralSchema | undefined): unknown {
  switch (schema?.type) {
    case "integer":
    case "number":
      return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "array":
      return schema.items?.type === "string" ? text.split(",").filter((part) => part !== "") : text;
    default:
      return text;
  }
}
