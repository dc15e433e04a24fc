import { formatAge } from "../../../lib/age.ts";
import { EXIT } from "../../../lib/errors.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { describeAbort, describeDelay, describeWhen } from "../../fault/describe.ts";
import { faultKind } from "../../fault/edit.ts";
import type { FaultInjection } from "../../fault/types.ts";
import { ALL_NAMESPACES } from "../../options/output.ts";
import { Table } from "../../output/table.ts";
import { printObjects } from "../../resources/print.ts";

interface ListOptions {
  readonly allNamespaces?: boolean;
  readonly output: "table" | "json" | "yaml" | "name";
}

export const command = defineCommand<ListOptions>({
  description: "Lists the faults that stand, a line for each rule.",
  options: [
    ALL_NAMESPACES,
    { flags: "-o, --output <format>", description: "how to print it", choices: ["table", "json", "yaml", "name"], default: "table" },
  ],
  examples: [
    { line: "meshctl fault list -A", text: "Every fault, also those that have expired" },
    { line: "meshctl fault list -o name", text: "For scripts" },
  ],
  run,
});

async function run(context: Context, options: ListOptions): Promise<number> {
  const client = await context.client();
  const kind = faultKind();
  const list = await client.list<FaultInjection>(kind, options.allNamespaces ? {} : { namespace: await context.namespace() });
  const withNamespace = options.allNamespaces ?? false;
  if (options.output !== "table") {
    const fetched = [{ kind, items: list.items, resourceVersion: list.resourceVersion }];
    printObjects(context, fetched, options.output);
    return EXIT.OK;
  }
  if (list.items.length === 0) {
    context.say("No faults.");
    return EXIT.OK;
  }
  const table = new Table([...(withNamespace ? ["namespace"] : []), "name", "target", "when", "delay", "abort", "expires"]);
  const nowMs = context.clock.nowMs();
  const lines = table.lines(
    list.items.flatMap((fault) =>
      (fault.spec?.rules ?? []).map((rule) => [
        ...(withNamespace ? [fault.metadata.namespace ?? ""] : []),
        fault.metadata.name,
        targetOf(fault),
        describeWhen(rule),
        rule.delay ? describeDelay(rule.delay) : "",
        rule.abort ? describeAbort(rule.abort) : "",
        expiry(fault, nowMs),
      ]),
    ),
  );
  context.print(table.heading());
  for (const line of lines) context.print(line);
  return EXIT.OK;
}

function targetOf({ spec }: FaultInjection): string {
  const refs = (spec?.targetRefs ?? []).map(({ kind, name }) => `${kind.toLowerCase()}/${name}`);
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [...refs, ...labels].join(",");
}

function expiry({ spec }: FaultInjection, nowMs: number): string {
  if (spec?.expiresAt === undefined) return "never";
  const leftMs = Date.parse(spec.expiresAt) - nowMs;
  return leftMs > 0 ? `in ${formatAge(leftMs)}` : `expired ${formatAge(-leftMs)} ago`;
}
