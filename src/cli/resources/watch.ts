import { EXIT } from "../../lib/errors.ts";
import type { WatchEvent } from "../../kube/contract.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import type { Context } from "../context.ts";
import { drained } from "../output/drain.ts";
import { fillTemplate, textOf, valuesOf } from "../output/json-path/evaluate.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { Table } from "../output/table.ts";
import type { Chosen } from "./choose.ts";
import { headersFor, rowFor, type TableOptions } from "./columns.ts";
import type { Fetched } from "./fetch.ts";
import { follow } from "./follow.ts";
import { objectName } from "./names.ts";
import { type PrintOptions, tableOptionsFor, withoutManagedFields } from "./print.ts";

interface WatchStyle {
  /** Without what is there at the beginning. */
  readonly changesOnly: boolean;
  /** The kind of each change stands in front of it. */
  readonly withEvents: boolean;
}

/** The list, then a line (or document) for each change, until Ctrl-C. Deleted objects are shown once more, as kubectl does. */
export async function watchObjects(
  context: Context,
  fetched: Fetched,
  chosen: Chosen,
  printing: PrintOptions,
  style: WatchStyle,
): Promise<number> {
  const { kind, items } = fetched;
  const signal = context.interrupts.takeOver();
  const client = await context.client();
  const table = tableOptionsFor(printing, kind, "");
  const print = printerFor(context, kind, printing, table, style);
  // A lease that is renewed changes an object every few seconds, and nothing that a table shows.
  const rows = printing.output.kind === "table" || printing.output.kind === "wide";
  const shown = new Map(items.map((item) => [keyOf(item), shownText(item, kind, table)]));
  print(style.changesOnly ? [] : items.map((object) => ({ type: "ADDED", object })));
  const name = printing.single ? items[0]?.metadata.name : undefined;
  const resourceVersion = fetched.resourceVersion || (items[0]?.metadata.resourceVersion ?? "");
  const fieldSelector = name === undefined ? chosen.fieldSelector : `metadata.name=${name}`;
  const namespace = chosen.selections[0]?.namespace ?? chosen.namespace;
  const options = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(chosen.labelSelector === undefined ? {} : { labelSelector: chosen.labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    signal,
  };
  for await (const event of follow(client, kind, { items, resourceVersion }, options)) {
    const key = keyOf(event.object);
    const text = shownText(event.object, kind, table);
    if (rows && event.type === "MODIFIED" && shown.get(key) === text) continue;
    if (event.type === "DELETED") shown.delete(key);
    else shown.set(key, text);
    print([event]);
    await drained(context.stdout);
  }
  return EXIT.OK;
}

/** Prints changes in one format; a table's heading comes with the first of them. */
function printerFor(
  context: Context,
  kind: KindDescriptor,
  { output, noHeaders, showManagedFields }: PrintOptions,
  options: TableOptions,
  { withEvents }: WatchStyle,
): (events: readonly WatchEvent[]) => void {
  const each = (print: (event: WatchEvent) => void) => (events: readonly WatchEvent[]) => events.forEach(print);
  const document = ({ type, object }: WatchEvent): object => {
    const shown = showManagedFields ? object : withoutManagedFields(object);
    return withEvents ? { type, object: shown } : shown;
  };
  switch (output.kind) {
    case "json":
      return each((event) => context.print(formatJson(document(event))));
    case "yaml":
      return each((event) => context.print(`---\n${formatYaml(document(event))}`));
    case "name":
      return each(({ object }) => context.print(objectName(kind, object.metadata.name)));
    case "jsonpath":
      return each(({ object }) => void context.stdout.write(fillTemplate(output.template, object)));
    default: {
      const columns = output.kind === "custom-columns" ? output.columns : null;
      const headers = columns?.map(({ heading }) => heading) ?? headersFor(kind, options);
      const cells = (object: KubeObject): string[] =>
        columns?.map(({ path }) => valuesOf(path, object).map(textOf).join(",")) ?? rowFor(object, kind, options, context.clock.nowMs());
      const screen = new Table(withEvents ? ["event", ...headers] : headers);
      let headed = noHeaders;
      return (events) => {
        const lines = screen.lines(events.map(({ type, object }) => (withEvents ? [type, ...cells(object)] : cells(object))));
        if (!headed && lines.length > 0) context.print(screen.heading());
        headed ||= lines.length > 0;
        for (const line of lines) context.print(line);
      };
    }
  }
}

/** What tells two states of an object apart for somebody who looks at rows: every cell, ages apart, and what users write. */
function shownText(object: KubeObject, kind: KindDescriptor, table: TableOptions): string {
  const { uid, generation, creationTimestamp } = object.metadata;
  // As old as at its creation: the age of both states is the same then.
  const bornMs = Date.parse(creationTimestamp ?? "") || 0;
  return JSON.stringify([uid, generation, rowFor(object, kind, { ...table, wide: true, showLabels: true }, bornMs)]);
}
