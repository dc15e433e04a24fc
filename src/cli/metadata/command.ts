import { EXIT, UserError } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { FIELD_MANAGER } from "../apply/plan.ts";
import { mergePatch } from "../apply/merge.ts";
import { type Command, defineCommand, type Example } from "../command.ts";
import type { Context } from "../context.ts";
import {
  ALL_NAMESPACES,
  DRY_RUN,
  type DryRun,
  FIELD_SELECTOR,
  FILES,
  RECURSIVE,
  RESULT_OUTPUT,
  type ResultFormat,
  SELECTOR,
} from "../options/output.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { printable } from "../output/printable.ts";
import { choose, type Choice, fetchChosen } from "../resources/choose.ts";
import { objectName } from "../resources/names.ts";
import { type Changes, pendingChanges, splitWords, takenKeys } from "./changes.ts";

/** What `label` and `annotate` differ in. */
export interface MetadataWords {
  readonly field: "labels" | "annotations";
  readonly one: string;
  readonly set: string;
  readonly unset: string;
  readonly description: string;
  readonly examples: readonly Example[];
}

interface MetadataOptions extends Choice {
  readonly overwrite?: boolean;
  readonly list?: boolean;
  readonly resourceVersion?: string;
  readonly dryRun?: DryRun;
  readonly output: ResultFormat;
}

interface Job {
  readonly kind: KindDescriptor;
  readonly object: KubeObject;
  readonly pending: Changes;
}

/** `label` or `annotate`. */
export function metadataCommand(words: MetadataWords): Command<MetadataOptions> {
  return defineCommand<MetadataOptions>({
    description: words.description,
    arguments: [
      { syntax: "[kind]", description: "kind, or KIND/NAME", completes: "kind" },
      { syntax: "[words...]", description: "names of objects, then KEY=VALUE to set and KEY- to take out", completes: "object" },
    ],
    options: [
      FILES,
      RECURSIVE,
      SELECTOR,
      FIELD_SELECTOR,
      { flags: "--all", description: "every object of the kind" },
      ALL_NAMESPACES,
      { flags: "--overwrite", description: "also where the key has another value" },
      { flags: "--list", description: `print the ${words.field} instead` },
      { flags: "--resource-version <version>", description: "only if the object is still of this version" },
      DRY_RUN,
      RESULT_OUTPUT,
    ],
    examples: words.examples,
    run: (context, options, kind: string | undefined, rest: readonly string[]) =>
      run(context, options, words, kind === undefined ? [] : [kind, ...rest]),
  });
}

async function run(context: Context, options: MetadataOptions, words: MetadataWords, given: readonly string[]): Promise<number> {
  const { objects, changes } = splitWords(given);
  if (changes.size === 0 && !options.list) {
    throw new UserError("nothing to change", { exitCode: EXIT.USAGE, hint: "Write KEY=VALUE, KEY- to take a key out, or --list." });
  }
  const outcome = `nothing was ${words.set}`;
  const fetched = await fetchChosen(context, await choose(context, options, objects, { bareKind: false, outcome }));
  const jobs = fetched.flatMap(({ kind, items }) =>
    items.map((object): Job => ({ kind, object, pending: pendingChanges(object.metadata[words.field] ?? {}, changes) })),
  );
  if (jobs.length === 0) context.say("No resources found.");
  if (options.list) return list(context, jobs, words);
  if (!options.overwrite) requireFree(jobs, changes, words, outcome);
  const dry = options.dryRun ? " (dry run)" : "";
  for (const { kind, object, pending } of jobs) {
    const changed = pending.size === 0 ? object : await write(context, { kind, object, pending }, options, words);
    const name = objectName(kind, object.metadata.name);
    if (options.output === "json") context.print(formatJson(changed));
    else if (options.output === "yaml") context.print(`---\n${formatYaml(changed)}`);
    else if (options.output === "name") context.print(name);
    else context.print(`${name} ${whatHappened(pending, words)}${dry}`);
  }
  return EXIT.OK;
}

/** Every object is looked at before the first is written. */
function requireFree(jobs: readonly Job[], changes: Changes, { field, one }: MetadataWords, outcome: string): void {
  const taken = jobs.flatMap(({ kind, object }) =>
    takenKeys(object.metadata[field] ?? {}, changes).map(
      (key) => `  ${objectName(kind, object.metadata.name)}: ${printable(key)} is ${printable(object.metadata[field]?.[key] ?? "")}`,
    ),
  );
  if (taken.length === 0) return;
  throw new UserError(`a ${one} has another value already; ${outcome}:\n${taken.join("\n")}`, { hint: "With --overwrite it is changed." });
}

async function write(
  context: Context,
  { kind, object, pending }: Job,
  options: MetadataOptions,
  { field }: MetadataWords,
): Promise<KubeObject> {
  const { resourceVersion } = options;
  const metadata = { [field]: Object.fromEntries(pending), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const { name, namespace } = object.metadata;
  if (options.dryRun === "client") return mergePatch(object, { metadata }) as KubeObject;
  const client = await context.client();
  return client.patch(kind, name, namespace, { metadata }, { fieldManager: FIELD_MANAGER, dryRun: options.dryRun === "server" });
}

function whatHappened(pending: Changes, { set, unset }: MetadataWords): string {
  if (pending.size === 0) return `not ${set}`;
  return [...pending.values()].every((value) => value === null) ? unset : set;
}

function list(context: Context, jobs: readonly Job[], { field }: MetadataWords): number {
  for (const { kind, object } of jobs) {
    if (jobs.length > 1) context.print(`Listing ${field} for ${objectName(kind, object.metadata.name)}:`);
    for (const [key, value] of Object.entries(object.metadata[field] ?? {})) {
      context.print(`${jobs.length > 1 ? "  " : ""}${printable(`${key}=${value}`)}`);
    }
  }
  return EXIT.OK;
}
