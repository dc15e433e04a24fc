import type { OptionDefinition } from "../command.ts";

/** Formats of lists of objects. */
export type ListFormat = "table" | "wide" | "json" | "yaml" | "name";

export const LIST_OUTPUT: OptionDefinition = Object.freeze({
  flags: "-o, --output <format>",
  description: "how to print it",
  choices: ["table", "wide", "json", "yaml", "name"],
  default: "table",
});

export const ALL_NAMESPACES: OptionDefinition = Object.freeze({ flags: "-A, --all-namespaces", description: "in every namespace" });

export const SELECTOR: OptionDefinition = Object.freeze({
  flags: "-l, --selector <labels>",
  description: "only objects with these labels: app=web,tier!=test,version in (v1,v2)",
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
