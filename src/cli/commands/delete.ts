import { EXIT, UserError } from "../../lib/errors.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import { standing } from "../awaiting/condition.ts";
import { deadlineIn, type Place, watchUntil } from "../awaiting/until.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import {
  ALL_NAMESPACES,
  DRY_RUN,
  type DryRun,
  FIELD_SELECTOR,
  FILES,
  IGNORE_NOT_FOUND,
  parseSwitch,
  RECURSIVE,
  SELECTOR,
} from "../options/output.ts";
import { parseTimeout } from "../options/values.ts";
import { choose, type Choice, fetchChosen } from "../resources/choose.ts";
import { getOrNull } from "../resources/get-or-null.ts";
import { kindName, objectName } from "../resources/names.ts";

interface DeleteOptions extends Choice {
  readonly ignoreNotFound?: boolean;
  readonly dryRun?: DryRun;
  readonly wait?: boolean;
  /** Null: without end. */
  readonly timeout?: number | null;
  readonly output: "text" | "name";
}

export const command = defineCommand<DeleteOptions>({
  description: "Deletes objects by name, by label, or those that files name, and waits until they are gone.",
  arguments: [
    { syntax: "[kind]", description: "kind, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "which objects", completes: "object" },
  ],
  options: [
    FILES,
    RECURSIVE,
    SELECTOR,
    FIELD_SELECTOR,
    { flags: "--all", description: "every object of the kind" },
    ALL_NAMESPACES,
    IGNORE_NOT_FOUND,
    { flags: "--wait [yes]", description: "wait until they are gone; with =false only ask for it", bare: "true", parse: parseSwitch },
    { flags: "--timeout <duration>", description: "how long to wait; without end when absent", parse: parseTimeout },
    DRY_RUN,
    { flags: "-o, --output <format>", description: "how to print what was deleted", choices: ["text", "name"], default: "text" },
  ],
  examples: [
    { line: "meshctl delete httproute api-split", text: "By name" },
    { line: "meshctl delete -f mesh.yaml --ignore-not-found", text: "What a file names" },
    { line: "meshctl delete -R -f deploy/ -o name", text: "What the files of a directory name" },
    { line: "meshctl delete faultinjections --all -A --dry-run", text: "What deleting every fault would delete" },
    { line: "meshctl delete services -l app=old --wait=false", text: "By label, without waiting for finalizers" },
  ],
  run,
});

async function run(context: Context, options: DeleteOptions, kind: string | undefined, names: readonly string[]): Promise<number> {
  const doomed = await doomedPlaces(context, options, kind === undefined ? [] : [kind, ...names]);
  const client = await context.client();
  const dry = options.dryRun ? " (dry run)" : "";
  for (const { kind: own, name, namespace } of doomed) {
    try {
      if (options.dryRun === "client") await client.get(own, name, namespace);
      else await client.delete(own, name, namespace, { dryRun: options.dryRun === "server" });
    } catch (error) {
      if (isNotFound(error) && options.ignoreNotFound) continue;
      throw error;
    }
    context.print(options.output === "name" ? objectName(own, name) : `${kindName(own)} "${name}" deleted${dry}`);
  }
  if (doomed.length === 0) context.say("No resources found.");
  return options.dryRun || options.wait === false ? EXIT.OK : waitUntilGone(context, client, doomed, options.timeout ?? null);
}

async function doomedPlaces(context: Context, options: DeleteOptions, words: readonly string[]): Promise<Place[]> {
  const chosen = await choose(context, options, words, { bareKind: false, outcome: "nothing was deleted" });
  if (chosen.byName) {
    const places = chosen.selections.flatMap(({ kind, names, namespace = chosen.namespace }) =>
      (names ?? []).map((name) => ({ kind, name, namespace: kind.namespaced ? namespace : undefined })),
    );
    // In the reverse order of files: what stands on something goes before it.
    return options.filename === undefined ? places : places.toReversed();
  }
  const fetched = await fetchChosen(context, chosen);
  return fetched.flatMap(({ kind, items }) => items.map(({ metadata: { name, namespace } }) => ({ kind, name, namespace })));
}

/** Most are gone at once; finalizers hold the others. */
async function waitUntilGone(context: Context, client: KubeClient, doomed: readonly Place[], timeoutMs: number | null): Promise<number> {
  const left: Place[] = [];
  for (const place of doomed) {
    const object = await getOrNull(client, place.kind, place.name, place.namespace);
    if (object?.metadata.deletionTimestamp !== undefined) left.push(place);
  }
  if (left.length === 0) return EXIT.OK;
  const ended = context.interrupts.takeOver();
  const deadline = deadlineIn(context.clock, timeoutMs, ended);
  const late: string[] = [];
  try {
    for (const place of left) {
      // One that was made anew meanwhile is another one.
      const gone = await watchUntil(client, place, (object) => object?.metadata.deletionTimestamp === undefined, deadline);
      if (!gone.met) late.push(`  ${objectName(place.kind, place.name)}: ${standing({ kind: "delete" }, gone.object)}`);
    }
  } finally {
    deadline.cancel();
  }
  if (ended.aborted) return EXIT.INTERRUPTED;
  if (late.length > 0)
    throw new UserError(`timed out waiting for objects to go:\n${late.join("\n")}`, {
      hint: "They go when their finalizers are taken off.",
    });
  return EXIT.OK;
}
