import { EXIT } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { ALL_NAMESPACES, FIELD_SELECTOR, FILES, RECURSIVE, SELECTOR } from "../options/output.ts";
import { createStyle } from "../output/style.ts";
import { choose, type Choice, fetchChosen } from "../resources/choose.ts";
import { describeObject } from "../resources/describe.ts";
import { eventsAbout } from "../resources/events.ts";
import { relatedTo } from "../resources/related.ts";

export const command = defineCommand<Omit<Choice, "all">>({
  description:
    "Shows everything about an object for people: its fields, the judgements about it, the events, and for a service the routes, " +
    "policies and endpoints it has.",
  arguments: [
    { syntax: "[kind]", description: "kind, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "only these objects", completes: "object" },
  ],
  options: [FILES, RECURSIVE, ALL_NAMESPACES, SELECTOR, FIELD_SELECTOR],
  examples: [
    { line: "meshctl describe service api", text: "A service with its routes, policies and endpoints" },
    { line: "meshctl describe httproutes -A -l team=store", text: "Every route with a label" },
    { line: "meshctl describe -f mesh.yaml", text: "How it stands with what a file names" },
  ],
  run,
});

async function run(context: Context, options: Omit<Choice, "all">, kind: string | undefined, names: readonly string[]): Promise<number> {
  const words = kind === undefined ? [] : [kind, ...names];
  const chosen = await choose(context, options, words, { bareKind: true, outcome: "nothing was described" });
  const fetched = await fetchChosen(context, chosen);
  const client = await context.client();
  const style = createStyle(context.colour.stdout);
  let first = true;
  for (const { kind: own, items } of fetched) {
    for (const object of items) {
      if (!first) context.print("");
      first = false;
      const nowMs = context.clock.nowMs();
      const about = [...(await relatedTo(client, own, object)), ...(await eventsAbout(client, object, nowMs))];
      for (const line of [...describeObject(object, nowMs, style), ...about]) context.print(line);
    }
  }
  if (first) context.say("No resources found.");
  return EXIT.OK;
}
