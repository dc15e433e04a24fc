import { Option } from "commander";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";

/** Our definition of an option as commander's. */
export function toCommanderOption(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.description);
  if (definition.choices) option.choices([...definition.choices]);
  if (definition.default !== undefined) option.default(definition.default);
  if (definition.required) option.makeOptionMandatory();
  const { parse = (text: string): unknown => text, repeatable = false } = definition;
  if (definition.parse === undefined && !repeatable) return option;
  // The values so far are commander's to keep; a default is replaced by the first use, not added to.
  return option.argParser<unknown>((text, previous) => {
    const value = parseNamed(option.long ?? definition.flags, parse, text);
    if (!repeatable) return value;
    return Array.isArray(previous) && previous !== definition.default ? [...previous, value] : [value];
  });
}

function parseNamed(name: string, parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${name}: ${error.message}`, { hint: error.hint, exitCode: EXIT.USAGE, cause: error });
  }
}
