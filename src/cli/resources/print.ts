import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import type { Context } from "../context.ts";
import type { CustomColumn, ObjectFormat } from "../options/output.ts";
import { fillTemplate, textOf, valuesOf } from "../output/json-path/evaluate.ts";
import { printable } from "../output/printable.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { formatTable } from "../output/table.ts";
import { headersFor, rowFor, type TableOptions } from "./columns.ts";
import type { Fetched } from "./fetch.ts";
import { objectName } from "./names.ts";

export interface PrintOptions {
  readonly output: ObjectFormat;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  /** Labels with a column each. */
  readonly labelColumns: readonly string[];
  readonly noHeaders: boolean;
  /** JSON and YAML with the owners of each field. */
  readonly showManagedFields: boolean;
  /** One object was asked for by name: it is printed as itself, not as a list. */
  readonly single: boolean;
}

/** Prints objects as `get` does; several kinds become several tables, or one list. */
export function printFetched(context: Context, fetched: readonly Fetched[], options: PrintOptions): void {
  const items = fetched.flatMap((part) => part.items);
  const documents = options.showManagedFields ? items : items.map(withoutManagedFields);
  const { output } = options;
  switch (output.kind) {
    case "json":
      return context.print(formatJson(options.single ? documents[0] : asList(documents)));
    case "yaml":
      return context.print(formatYaml(options.single ? documents[0] : asList(documents)));
    case "name":
      for (const { kind, items: own } of fetched) for (const { metadata } of own) context.print(objectName(kind, metadata.name));
      return;
    case "jsonpath":
      return printText(context, fillTemplate(output.template, options.single ? items[0] : asList(items)));
    case "custom-columns":
      return printColumns(context, items, output.columns, options.noHeaders);
    default:
      return printTables(context, fetched, options);
  }
}

/** Whose each field is fills pages that hardly anybody reads. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Prints objects as documents or names, for commands whose tables are their own. */
export function printObjects(context: Context, fetched: readonly Fetched[], format: "json" | "yaml" | "name"): void {
  const plain = { withNamespace: false, showLabels: false, labelColumns: [], noHeaders: false, showManagedFields: false, single: false };
  printFetched(context, fetched, { ...plain, output: { kind: format } });
}

/** How the table of a kind is made. `namePrefix` stands before names where several kinds are shown. */
export function tableOptionsFor(options: PrintOptions, kind: KindDescriptor, namePrefix: string): TableOptions {
  return {
    wide: options.output.kind === "wide",
    withNamespace: options.withNamespace && kind.namespaced,
    showLabels: options.showLabels,
    labelColumns: options.labelColumns,
    namePrefix,
  };
}

function printTables(context: Context, fetched: readonly Fetched[], options: PrintOptions): void {
  const shown = fetched.filter(({ items }) => items.length > 0);
  for (const [index, { kind, items }] of shown.entries()) {
    const table = tableOptionsFor(options, kind, fetched.length > 1 ? objectName(kind, "") : "");
    const nowMs = context.clock.nowMs();
    const lines = formatTable(
      headersFor(kind, table),
      items.map((item) => rowFor(item, kind, table, nowMs)),
    );
    if (index > 0) context.print("");
    for (const line of options.noHeaders ? lines.slice(1) : lines) context.print(line);
  }
}

function printColumns(context: Context, items: readonly KubeObject[], columns: readonly CustomColumn[], noHeaders: boolean): void {
  const lines = formatTable(
    columns.map(({ heading }) => heading),
    items.map((item) => columns.map(({ path }) => printable(valuesOf(path, item).map(textOf).join(",")) || "<none>")),
  );
  for (const line of noHeaders ? lines.slice(1) : lines) context.print(line);
}

/** As the template has it: where it wants no line break at its end, a script gets none; a person at a terminal does. */
function printText({ stdout }: Context, text: string): void {
  stdout.write(stdout.isTTY && text !== "" && !text.endsWith("\n") ? `${text}\n` : text);
}

function asList(items: readonly KubeObject[]): object {
  return { apiVersion: "v1", kind: "List", metadata: {}, items };
}
