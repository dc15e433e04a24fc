import { type StructuralSchema, structuralSchemaOf } from "../../model/structural-schema.ts";
import { type Values, valuesSchema } from "./schema.ts";

/** Longest line of a comment, its indentation aside. */
const WIDTH = 100;

/** A values file with every value as it is in `values`, each under the sentence that says what it means. */
export function documentValues(values: Values): string {
  return `${fieldLines(structuralSchemaOf(valuesSchema), values, 0).join("\n")}\n`;
}

function fieldLines(schema: StructuralSchema, values: Readonly<Record<string, unknown>>, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const lines: string[] = [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const choices = field.enum === undefined ? "" : ` One of ${field.enum.map(String).join(", ")}.`;
    lines.push(...wrap(`${field.description ?? ""}${choices}`).map((line) => `${indent}# ${line}`));
    const value = values[name];
    if (field.properties !== undefined) lines.push(`${indent}${name}:`, ...fieldLines(field, value as Record<string, unknown>, depth + 1));
    else lines.push(`${indent}${name}: ${JSON.stringify(value)}`);
  }
  return lines;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
