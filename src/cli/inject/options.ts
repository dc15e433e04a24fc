import type { OptionDefinition } from "../command.ts";
import { FILES, RECURSIVE } from "../options/output.ts";

/** Options that `inject` and `uninject` share. */
export const EDIT_OPTIONS: readonly OptionDefinition[] = Object.freeze([
  { ...FILES, description: "a file, a directory, a pattern in quotes, or - for stdin; may be given several times" },
  RECURSIVE,
  { flags: "--dry-run", description: "print what would change as a diff, write nothing" },
  { flags: "--in-place", description: "write into the files themselves: all of them or none" },
  { flags: "--fail-on-skip", description: "exit code 1, and nothing written, when a workload is skipped" },
  {
    flags: "-o, --output <format>",
    description: "how to report: json goes to stdout unless manifests go there",
    choices: ["text", "json"],
    default: "text",
  },
]);
