import { EXIT } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { allKinds } from "../../policies/kinds.ts";
import { ALL_NAMESPACES, SELECTOR } from "../options/output.ts";
import { createStyle } from "../output/style.ts";
import { describeObject } from "../resources/describe.ts";
import { fetchSelections } from "../resources/fetch.ts";
import { relatedTo } from "../resources/related.ts";
import { parseSelection } from "../resources/select.ts";

interface DescribeOptions {
  readonly selector?: string;
  readonly allNamespaces?: boolean;
}

export const command = defineCommand<DescribeOptions>({
  description:
    "Shows everything about an object for people: its fields, the judgements about it, and for a service the routes, policies and endpoints it has.",
  arguments: [
    { syntax: "<kind>", description: "kind, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "only these objects", completes: "object" },
  ],
  options: [ALL_NAMESPACES, SELECTOR],
  examples: [
    { line: "meshctl describe service api", text: "A service with its routes, policies and endpoints" },
    { line: "meshctl describe httproutes -A -l team=store", text: "Every route with a label" },
  ],
  run,
});

async function run(context: Context, options: DescribeOptions, kind: string, names: readonly string[]): Promise<number> {
  const client = await context.client();
  const fetched = await fetchSelections(client, parseSelection([kind, ...names], allKinds()), {
    ...(options.allNamespaces ? {} : { namespace: await context.namespace() }),
    ...(options.selector === undefined ? {} : { labelSelector: options.selector }),
  });
  const style = createStyle(context.colour.stdout);
  let first = true;
  for (const { kind: own, items } of fetched) {
    for (const object of items) {
      if (!first) context.print("");
      first = false;
      const lines = [...describeObject(object, context.clock.nowMs(), style), ...(await relatedTo(client, own, object))];
      for (const line of lines) context.print(line);
    }
  }
  if (first) context.say("No resources found.");
  return EXIT.OK;
}
