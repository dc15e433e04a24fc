import { EXIT, UserError } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";
import { parsePath, parseTemplate, type Piece, type Step } from "../output/json-path/parse.ts";

/** Formats of lists that are rows and not objects. */
export type ListFormat = "table" | "wide" | "json" | "yaml" | "name";

export const LIST_OUTPUT: OptionDefinition = Object.freeze({
  flags: "-o, --output <format>",
  description: "how to print it",
  choices: ["table", "wide", "json", "yaml", "name"],
  default: "table",
});

/** A column of `-o custom-columns=`: its heading, and where its values stand. */
export interface CustomColumn {
  readonly heading: string;
  readonly path: readonly Step[];
}

/** How objects are printed. */
export type ObjectFormat =
  | { readonly kind: ListFormat }
  | { readonly kind: "jsonpath"; readonly template: readonly Piece[] }
  | { readonly kind: "custom-columns"; readonly columns: readonly CustomColumn[] };

const PLAIN: readonly ListFormat[] = ["table", "wide", "json", "yaml", "name"];

export const OBJECT_OUTPUT: OptionDefinition = Object.freeze({
  flags: "-o, --output <format>",
  description: "table (when absent), wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADING:PATH,…",
  parse: parseObjectFormat,
  completes: [...PLAIN, "jsonpath=", "custom-columns="],
});

/** `wide`, `jsonpath={.metadata.name}`, `custom-columns=NAME:.metadata.name,PORT:.spec.ports[0].port`. */
export function parseObjectFormat(text: string): ObjectFormat {
  const plain = PLAIN.find((name) => name === text);
  if (plain !== undefined) return { kind: plain };
  const [, name, value = ""] = /^(jsonpath|custom-columns)=(.+)$/s.exec(text) ?? [];
  if (name === "jsonpath") return { kind: "jsonpath", template: parseTemplate(value) };
  if (name === "custom-columns") return { kind: "custom-columns", columns: value.split(",").map(parseColumn) };
  throw new UserError(`there is no output format "${text}"`, {
    exitCode: EXIT.USAGE,
    hint: "There is table, wide, json, yaml, name, jsonpath=TEMPLATE and custom-columns=HEADING:PATH,….",
  });
}

function parseColumn(text: string): CustomColumn {
  const colon = text.indexOf(":");
  if (colon < 1) {
    throw new UserError(`"${text}" is not a column`, { exitCode: EXIT.USAGE, hint: "Write HEADING:PATH, such as NAME:.metadata.name." });
  }
  return { heading: text.slice(0, colon), path: parsePath(text.slice(colon + 1)) };
}

/** What became of objects: a line each unless something else is wanted. */
export type ResultFormat = "text" | "json" | "yaml" | "name";

export const RESULT_OUTPUT: OptionDefinition = Object.freeze({
  flags: "-o, --output <format>",
  description: "how to print the result",
  choices: ["text", "json", "yaml", "name"],
  default: "text",
});

export const ALL_NAMESPACES: OptionDefinition = Object.freeze({ flags: "-A, --all-namespaces", description: "in every namespace" });

export const SELECTOR: OptionDefinition = Object.freeze({
  flags: "-l, --selector <labels>",
  description: "only objects with these labels: app=web,tier!=test,version in (v1,v2)",
});

export const FIELD_SELECTOR: OptionDefinition = Object.freeze({
  flags: "--field-selector <fields>",
  description: "only objects with these fields: metadata.name=web",
});

export const FILES: OptionDefinition = Object.freeze({
  flags: "-f, --filename <path>",
  description: "a file, a directory, or - for stdin; may be given several times",
  repeatable: true,
  completes: "file",
});

export const RECURSIVE: OptionDefinition = Object.freeze({
  flags: "-R, --recursive",
  description: "look into directories of directories too",
});

export const WATCH: OptionDefinition = Object.freeze({ flags: "-w, --watch", description: "go on and show every change until Ctrl-C" });

export const IGNORE_NOT_FOUND: OptionDefinition = Object.freeze({
  flags: "--ignore-not-found",
  description: "no error where a named object does not exist",
});

/** Where a write that is not kept is judged; null: it is a real one. */
export type DryRun = "server" | "client" | null;

export const DRY_RUN: OptionDefinition = Object.freeze({
  flags: "--dry-run [by]",
  description: "write nothing; judged by the server, or with =client only here",
  bare: "server",
  parse: parseDryRun,
  completes: ["server", "client", "none"],
});

function parseDryRun(text: string): DryRun {
  if (text === "none") return null;
  if (text === "server" || text === "client") return text;
  throw new UserError(`"${text}" is none of server, client and none`, { exitCode: EXIT.USAGE });
}

/** A switch that is on unless `=false` follows. */
export function parseSwitch(text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw new UserError(`"${text}" is neither true nor false`, { exitCode: EXIT.USAGE });
}
