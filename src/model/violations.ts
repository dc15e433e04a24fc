import type * as z from "zod";
import { closest } from "../lib/closest.ts";
import type { Violation } from "../lib/errors.ts";
import { type StructuralSchema, structuralSchemaOf } from "./structural-schema.ts";

type Path = readonly PropertyKey[];

/** A violation that says a field does not exist: field validation may turn it into a warning. */
export interface UnknownField extends Violation {
  readonly unknownField: Path;
}

export function isUnknownField(violation: Violation): violation is UnknownField {
  return "unknownField" in violation;
}

/**
 * What zod found, as field paths and sentences. With the `schema` the error came from, unknown fields
 * get the field that was probably meant as their hint.
 */
export function violationsOf(error: z.ZodError, schema?: z.ZodType): readonly Violation[] {
  const structure = schema === undefined ? undefined : structuralSchemaOf(schema);
  return error.issues.flatMap((issue) => violationsOfIssue(issue, structure));
}

/** `["spec", "rules", 0, "name"]` → `spec.rules[0].name`; keys that are not plain words stand in brackets. */
export function formatFieldPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w-]*$/.test(String(part))) text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${String(part)}]`;
  }
  return text;
}

function violationsOfIssue(issue: z.core.$ZodIssue, structure: StructuralSchema | undefined): Violation[] {
  const path = formatFieldPath(issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownField([...issue.path, key], Object.keys(schemaAt(structure, issue.path)?.properties ?? {})));
    case "invalid_type":
      return [{ path, message: issue.message.endsWith("received undefined") ? "is required" : typeMessage(issue.message) }];
    case "invalid_value": {
      const allowed = issue.values.map((value) => JSON.stringify(value)).join(", ");
      if (issue.message.endsWith("received undefined")) return [{ path, message: "is required" }];
      return [{ path, message: issue.values.length === 1 ? `must be ${allowed}` : `must be one of ${allowed}` }];
    }
    case "too_small":
    case "too_big":
      return [{ path, message: sizeMessage(issue) }];
    case "invalid_union":
      return [{ path, message: "must be an integer or a string" }];
    case "invalid_key":
    case "invalid_element":
      return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    case "custom":
      return [{ path: String(issue.params?.field ?? path), message: issue.message, ...reasonOf(issue.params?.reason) }];
    default:
      return [{ path, message: issue.message }];
  }
}

function reasonOf(reason: unknown): { reason?: string } {
  return typeof reason === "string" ? { reason } : {};
}

function unknownField(path: Path, known: readonly string[]): UnknownField {
  const name = String(path.at(-1));
  const meant = closest(name, known);
  const hint = meant !== null ? `did you mean "${meant}"?` : known.length > 0 ? `fields here: ${known.join(", ")}` : undefined;
  return { path: formatFieldPath(path), message: "unknown field", unknownField: path, ...(hint === undefined ? {} : { hint }) };
}

function schemaAt(root: StructuralSchema | undefined, path: Path): StructuralSchema | undefined {
  let node = root;
  for (const part of path) {
    if (node === undefined) return undefined;
    const properties = node.properties ?? {};
    node = typeof part === "number" ? node.items : Object.hasOwn(properties, part) ? properties[String(part)] : node.additionalProperties;
  }
  return node;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** zod: `Invalid input: expected int, received string`. */
function typeMessage(message: string): string {
  const [, expected = "", received = ""] = /expected (\w+), received (.+)$/.exec(message) ?? [];
  const wanted = TYPE_WORDS[expected];
  return wanted === undefined ? message : `must be ${wanted}, not ${TYPE_WORDS[received] ?? received}`;
}

function sizeMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [limit, bound] = issue.code === "too_small" ? [issue.minimum, "at least"] : [issue.maximum, "at most"];
  switch (issue.origin) {
    case "string":
      return issue.code === "too_small" && Number(limit) === 1 ? "must not be empty" : `must have ${bound} ${limit} characters`;
    case "array":
    case "set":
      return `must have ${bound} ${limit} ${Number(limit) === 1 ? "entry" : "entries"}`;
    default:
      return issue.inclusive === false
        ? `must be ${issue.code === "too_small" ? "more" : "less"} than ${limit}`
        : `must be ${bound} ${limit}`;
  }
}
