import { type Command, type Completes, defineCommand } from "../command.ts";
import { liveCandidates } from "../completion/live.ts";
import { type Candidate, commandCandidates, positionOf } from "../completion/position.ts";
import type { Context } from "../context.ts";
import type { CommandEntry } from "../entry.ts";
import { commandWords, findCommand } from "../find.ts";
import { GLOBAL_OPTIONS } from "../globals.ts";
import { printable } from "../output/printable.ts";
import { sleepUnless } from "../wait.ts";

/** A shell that waits longer feels broken. */
const LIVE_LIMIT_MS = 1_500;

/** The commands to complete, and what the first words of two-word ones mean. */
interface Known {
  readonly entries: readonly CommandEntry[];
  readonly nouns: Readonly<Record<string, { readonly summary: string }>>;
}

/** Takes the list that it stands in itself. */
export function completeCommand(entries: Known["entries"], nouns: Known["nouns"]): Command<object> {
  return defineCommand<object>({
    description: "Prints what could stand at the end of a command line: what the completion scripts ask.",
    arguments: [{ syntax: "[words...]", description: "after --: the words so far; the last one is being typed" }],
    examples: [{ line: "meshctl complete -- route sp", text: "As a shell asks" }],
    run: (context, _options, words: readonly string[]) => run(context, { entries, nouns }, words),
  });
}

async function run(context: Context, known: Known, words: readonly string[]): Promise<void> {
  const { candidates, rest } = await candidatesFor(context, known, words);
  const current = words.at(-1) ?? "";
  const seen = new Set<string>();
  for (const { value, description } of candidates) {
    if (!value.startsWith(current) || seen.has(value)) continue;
    seen.add(value);
    context.print(`${printable(value)}\t${printable(description)}`);
  }
  context.print(`:${rest}`);
}

interface Answer {
  readonly candidates: readonly Candidate[];
  readonly rest: "names" | "files" | "directories";
}

async function candidatesFor(context: Context, { entries, nouns }: Known, words: readonly string[]): Promise<Answer> {
  const before = words.slice(0, -1);
  const entry = findCommand(entries, before);
  if (entry === null) {
    const current = words.at(-1) ?? "";
    const pending = GLOBAL_OPTIONS.find(({ flags }) => flags.includes("<") && flags.split(/[ ,]+/).includes(before.at(-1) ?? ""));
    if (pending?.completes !== undefined) return valuesOf(context, pending.completes, [], "default", current);
    if (current.startsWith("-")) {
      const candidates = GLOBAL_OPTIONS.map(({ flags, description }) => ({ value: /--[a-z-]+/.exec(flags)?.[0] ?? flags, description }));
      return { candidates, rest: "names" };
    }
    return { candidates: commandCandidates(entries, nouns, commandWords(before)), rest: "names" };
  }
  const { command: found } = await entry.load();
  const position = positionOf(found, afterWords(words, entry.words.length));
  if (position.kind === "candidates") return { candidates: position.candidates, rest: "names" };
  const { completes, prefix, args, options } = position;
  if (completes === undefined) return { candidates: [], rest: "names" };
  const namespace = options.get("--namespace") ?? namespaceBefore(words);
  const { candidates, rest } = await valuesOf(context, completes, args, namespace, (words.at(-1) ?? "").slice(prefix.length));
  return { candidates: candidates.map(({ value, description }) => ({ value: `${prefix}${value}`, description })), rest };
}

/** Values of a kind that begin like `current`; `namespace` is the context's where it is not given. */
async function valuesOf(
  context: Context,
  completes: Completes,
  args: readonly string[],
  namespace: string | undefined,
  current: string,
): Promise<Answer> {
  if (completes === "file" || completes === "directory") return { candidates: [], rest: completes === "file" ? "files" : "directories" };
  const candidates = await inTime(context, async () =>
    liveCandidates(context, completes, args, namespace ?? (await context.namespace()), current),
  );
  return { candidates, rest: "names" };
}

/** What `ask` finds; nothing when it fails or takes too long. */
async function inTime(context: Context, ask: () => Promise<readonly Candidate[]>): Promise<readonly Candidate[]> {
  const done = new AbortController();
  const late = sleepUnless(done.signal, context.clock, LIVE_LIMIT_MS).then((): readonly Candidate[] => []);
  const found = await Promise.race([ask().catch((): readonly Candidate[] => []), late]);
  done.abort();
  return found;
}

/** The words behind the command's own `count` words. */
function afterWords(words: readonly string[], count: number): readonly string[] {
  const own = commandWords(words).slice(0, count);
  let index = -1;
  for (const word of own) index = words.indexOf(word, index + 1);
  return words.slice(index + 1);
}

/** `-n shop` may stand before the command. */
function namespaceBefore(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === "-n" || word === "--namespace");
  return at >= 0 ? words[at + 1] : undefined;
}
