import { EXIT, UserError } from "../../lib/errors.ts";
import { type Awaited, isMet, parseAwaited, standing } from "../awaiting/condition.ts";
import { deadlineIn, type Place, watchUntil } from "../awaiting/until.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { ALL_NAMESPACES, FIELD_SELECTOR, FILES, RECURSIVE, SELECTOR } from "../options/output.ts";
import { parseTimeout } from "../options/values.ts";
import { choose, type Choice, type Chosen, fetchChosen } from "../resources/choose.ts";
import { objectName } from "../resources/names.ts";

interface WaitOptions extends Choice {
  readonly for: Awaited;
  /** Null: without end. */
  readonly timeout: number | null;
}

export const command = defineCommand<WaitOptions>({
  description:
    "Waits until objects are as they should be: a condition is true, a field has a value, they exist or they are gone. When time is up, " +
    "says how each of them stands.",
  arguments: [
    { syntax: "[kind]", description: "kind, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "only these objects", completes: "object" },
  ],
  options: [
    {
      flags: "--for <what>",
      description: "condition=TYPE, condition=TYPE=STATUS, jsonpath={.path}=VALUE, create or delete",
      parse: parseAwaited,
      required: true,
      completes: ["condition=Accepted", "condition=Programmed", "create", "delete", "jsonpath="],
    },
    { flags: "--timeout <duration>", description: "30s when absent; 0 looks once, a negative one waits without end", parse: parseTimeout },
    FILES,
    RECURSIVE,
    SELECTOR,
    FIELD_SELECTOR,
    { flags: "--all", description: "every object of the kind" },
    ALL_NAMESPACES,
  ],
  examples: [
    { line: "meshctl wait --for=condition=Programmed faultinjection/api --timeout 10s", text: "Until every proxy has it" },
    { line: "meshctl wait workload web --for 'jsonpath={.status.phase}=Running'", text: "Until a field has a value" },
    { line: "meshctl wait --for=delete httproutes -l team=store --timeout 1m", text: "Until they are gone" },
  ],
  run,
});

const DEFAULT_TIMEOUT_MS = 30_000;

async function run(context: Context, options: WaitOptions, kind: string | undefined, names: readonly string[]): Promise<number> {
  const { for: awaited, timeout = DEFAULT_TIMEOUT_MS } = options;
  const words = kind === undefined ? [] : [kind, ...names];
  const chosen = await choose(context, options, words, { bareKind: false, outcome: "nothing was waited for" });
  const places = await placesOf(context, chosen, awaited);
  const client = await context.client();
  const ended = context.interrupts.takeOver();
  const deadline = deadlineIn(context.clock, timeout, ended);
  const late: string[] = [];
  try {
    for (const place of places) {
      const { met, object } = await watchUntil(client, place, (seen) => isMet(awaited, seen), deadline);
      const name = objectName(place.kind, place.name);
      if (met) context.print(`${name} condition met`);
      else late.push(`  ${name}: ${standing(awaited, object)}`);
    }
  } finally {
    deadline.cancel();
  }
  if (ended.aborted) return EXIT.INTERRUPTED;
  if (late.length > 0) throw new UserError(`timed out waiting:\n${late.join("\n")}`);
  return EXIT.OK;
}

/** Names are waited for as they are; a selector means what there is now. */
async function placesOf(context: Context, chosen: Chosen, awaited: Awaited): Promise<Place[]> {
  if (chosen.byName && (awaited.kind === "create" || awaited.kind === "delete")) {
    return chosen.selections.flatMap(({ kind, names, namespace = chosen.namespace }) =>
      (names ?? []).map((name) => ({ kind, name, namespace: kind.namespaced ? namespace : undefined })),
    );
  }
  const places = (await fetchChosen(context, chosen)).flatMap(({ kind, items }) =>
    items.map(({ metadata: { name, namespace } }) => ({ kind, name, namespace })),
  );
  if (places.length === 0 && awaited.kind !== "delete")
    throw new UserError("no such objects", { hint: "`--for=create` with names waits for objects to come." });
  return places;
}
