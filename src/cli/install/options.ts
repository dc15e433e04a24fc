import { PROFILE_NAMES, type ProfileName } from "../../install/values/profiles.ts";
import { type Assignment, parseAssignment } from "../../install/values/set.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { DNS_LABEL } from "../../model/names.ts";
import type { OptionDefinition } from "../command.ts";

/** Options that say how the control plane is to be. */
export interface ValueOptions {
  readonly profile?: ProfileName;
  readonly values?: readonly string[];
  readonly set?: readonly Assignment[];
  readonly revision?: string;
}

export const VALUE_OPTIONS: readonly OptionDefinition[] = Object.freeze([
  { flags: "--profile <name>", description: "which set of values to begin with", choices: PROFILE_NAMES },
  { flags: "-f, --values <file>", description: "a file of values, or - for stdin; later ones win", repeatable: true, completes: "file" },
  {
    flags: "--set <path=value>",
    description: "one value: controller.replicas=3; wins over files",
    repeatable: true,
    parse: readAssignment,
  },
]);

export const REVISION: OptionDefinition = Object.freeze({
  flags: "--revision <name>",
  description: "a control plane of that name beside the others",
  parse: parseRevision,
});

function readAssignment(text: string): Assignment {
  const assignment = parseAssignment(text);
  if (assignment !== null) return assignment;
  throw new UserError(`"${text}" is not of the form PATH=VALUE`, { exitCode: EXIT.USAGE, hint: "--set controller.replicas=3" });
}

/** `default` is the revision without a name. */
export function parseRevision(text: string): string {
  if (text === "default") return "";
  if (DNS_LABEL.test(text) && text.length <= 32) return text;
  throw new UserError(`"${text}" is not a name for a revision`, {
    exitCode: EXIT.USAGE,
    hint: "Lower-case letters, digits and '-', at most 32.",
  });
}
