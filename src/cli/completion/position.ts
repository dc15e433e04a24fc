import type { ArgumentDefinition, Command, Completes, OptionDefinition } from "../command.ts";
import type { CommandEntry } from "../entry.ts";
import { GLOBAL_OPTIONS } from "../globals.ts";

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What can stand at the cursor: candidates known from the definitions, or a kind of value to look up. */
export type Position =
  | { readonly kind: "candidates"; readonly candidates: readonly Candidate[] }
  | {
      readonly kind: "value";
      readonly completes: Completes | undefined;
      /** Written before the value and part of the same word: `--namespace=`. */
      readonly prefix: string;
      readonly args: readonly string[];
      readonly options: ReadonlyMap<string, string>;
    };

/** First or second word of a command line: which commands begin so. */
export function commandCandidates(
  entries: readonly CommandEntry[],
  nouns: Readonly<Record<string, { readonly summary: string }>>,
  words: readonly string[],
): Candidate[] {
  const [noun] = words;
  const found = new Map<string, string>();
  for (const { words: own, summary, group } of entries) {
    const [first = "", second] = own;
    if (noun === undefined) {
      if (second !== undefined) found.set(first, nouns[first]?.summary ?? "");
      else if (group !== undefined) found.set(first, summary);
    } else if (first === noun && second !== undefined) {
      found.set(second, summary);
    }
  }
  return [...found].map(([value, description]) => ({ value, description }));
}

/** Where the cursor is in the words after a command's own. The last of `words` is what is being typed. */
export function positionOf(command: Command<never>, words: readonly string[]): Position {
  const options = [...(command.options ?? []), ...GLOBAL_OPTIONS];
  const given = new Map<string, string>();
  const args: string[] = [];
  const current = words.at(-1) ?? "";
  let pending: OptionDefinition | null = null;
  for (const word of words.slice(0, -1)) {
    if (pending !== null) {
      given.set(longName(pending), word);
      pending = null;
    } else if (word === "--") {
      return { kind: "value", completes: "file", prefix: "", args, options: given };
    } else if (word.startsWith("-") && word !== "-") {
      const [name = "", value] = word.split("=", 2);
      const option = options.find((candidate) => namesOf(candidate).includes(name));
      if (option !== undefined && value !== undefined) given.set(longName(option), value);
      else if (option !== undefined) {
        if (takesValue(option)) pending = option;
        else given.set(longName(option), "");
      }
    } else args.push(word);
  }
  if (pending !== null) return { kind: "value", completes: completesOf(pending), prefix: "", args, options: given };
  if (current.startsWith("-")) return optionPosition(options, current, args, given);
  const argument = argumentAt(command.arguments ?? [], args.length);
  return { kind: "value", completes: argument?.completes, prefix: "", args, options: given };
}

function optionPosition(
  options: readonly OptionDefinition[],
  current: string,
  args: readonly string[],
  given: ReadonlyMap<string, string>,
): Position {
  const equals = current.indexOf("=");
  if (equals > 0) {
    const option = options.find((candidate) => namesOf(candidate).includes(current.slice(0, equals)));
    return { kind: "value", completes: option && completesOf(option), prefix: current.slice(0, equals + 1), args, options: given };
  }
  const candidates = options
    .filter((option) => option.repeatable || !given.has(longName(option)))
    .map((option) => ({ value: longName(option), description: option.description }));
  return { kind: "candidates", candidates: [...candidates, { value: "--help", description: "show the help page" }] };
}

function argumentAt(definitions: readonly ArgumentDefinition[], index: number): ArgumentDefinition | undefined {
  const last = definitions.at(-1);
  return definitions[index] ?? (last?.syntax.includes("...") ? last : undefined);
}

function completesOf(option: OptionDefinition): Completes | undefined {
  return option.choices ?? option.completes;
}

/** `-o, --output <format>` → `-o`, `--output`. */
function namesOf({ flags }: OptionDefinition): string[] {
  return flags.split(/[ ,]+/).filter((part) => part.startsWith("-"));
}

function longName(option: OptionDefinition): string {
  return namesOf(option).at(-1) ?? option.flags;
}

function takesValue({ flags }: OptionDefinition): boolean {
  return flags.includes("<");
}
