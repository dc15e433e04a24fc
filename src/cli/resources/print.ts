import type { KubeObject } from "../../model/object.ts";
import type { Context } from "../context.ts";
import type { ListFormat } from "../options/output.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { formatTable } from "../output/table.ts";
import { headersFor, rowFor } from "./columns.ts";
import type { Fetched } from "./fetch.ts";
import { objectName } from "./names.ts";

export interface PrintOptions {
  readonly output: ListFormat;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  readonly noHeaders: boolean;
  /** One object was asked for by name: it is printed as itself, not as a list. */
  readonly single: boolean;
}

/** Prints objects as `get` does; several kinds become several tables, or one list. */
export function printFetched(context: Context, fetched: readonly Fetched[], options: PrintOptions): void {
  const items = fetched.flatMap((part) => part.items);
  switch (options.output) {
    case "json":
      return context.print(formatJson(options.single ? items[0] : asList(items)));
    case "yaml":
      return context.print(formatYaml(options.single ? items[0] : asList(items)));
    case "name":
      for (const { kind, items: own } of fetched) for (const { metadata } of own) context.print(objectName(kind, metadata.name));
      return;
    default:
      return printTables(context, fetched, options);
  }
}

function printTables(context: Context, fetched: readonly Fetched[], options: PrintOptions): void {
  const shown = fetched.filter(({ items }) => items.length > 0);
  for (const [index, { kind, items }] of shown.entries()) {
    const table = {
      wide: options.output === "wide",
      withNamespace: options.withNamespace && kind.namespaced,
      showLabels: options.showLabels,
      namePrefix: fetched.length > 1 ? objectName(kind, "") : "",
    };
    const nowMs = context.clock.nowMs();
    const lines = formatTable(
      headersFor(kind, table),
      items.map((item) => rowFor(item, kind, table, nowMs)),
    );
    if (index > 0) context.print("");
    for (const line of options.noHeaders ? lines.slice(1) : lines) context.print(line);
  }
}

function asList(items: readonly KubeObject[]): object {
  return { apiVersion: "v1", kind: "List", metadata: {}, items };
}
