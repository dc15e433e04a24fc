import { EXIT, UserError } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import { allKinds } from "../../policies/kinds.ts";
import { ALL_NAMESPACES, LIST_OUTPUT, type ListFormat, SELECTOR, WATCH } from "../options/output.ts";
import { drained } from "../output/drain.ts";
import { formatJson, formatYaml } from "../output/structured.ts";
import { Table } from "../output/table.ts";
import { headersFor, rowFor, type TableOptions } from "../resources/columns.ts";
import { type Fetched, fetchSelections } from "../resources/fetch.ts";
import { follow } from "../resources/follow.ts";
import { objectName } from "../resources/names.ts";
import { printFetched } from "../resources/print.ts";
import { parseSelection } from "../resources/select.ts";

interface GetOptions {
  readonly output: ListFormat;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly watch?: boolean;
  readonly headers: boolean;
  readonly showLabels?: boolean;
  readonly ignoreNotFound?: boolean;
}

export const command = defineCommand<GetOptions>({
  description:
    "Lists objects of one or several kinds, kubectl's way. Kinds go by their singular, plural or short name; `mesh` is every kind of the mesh.",
  arguments: [
    { syntax: "<kind>", description: "kind, several with commas, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "only these objects", completes: "object" },
  ],
  options: [
    LIST_OUTPUT,
    ALL_NAMESPACES,
    SELECTOR,
    { flags: "--field-selector <fields>", description: "only objects with these fields: metadata.name=web" },
    WATCH,
    { flags: "--no-headers", description: "leave the line of column names out" },
    { flags: "--show-labels", description: "add a column with the labels" },
    { flags: "--ignore-not-found", description: "no error where a named object does not exist" },
  ],
  examples: [
    { line: "meshctl get workloads -o wide", text: "What runs, with identity and addresses" },
    { line: "meshctl get services,httproutes -A --show-labels", text: "Two kinds, every namespace" },
    { line: "meshctl get httproute/api-split -o yaml", text: "One object, to edit and apply again" },
    { line: "meshctl get mesh -l app=api -n shop --no-headers", text: "Everything of the mesh with a label, for scripts" },
    { line: "meshctl get workloads -w", text: "Go on with every change" },
    { line: "meshctl get services --field-selector metadata.name=api -o name", text: "Names only" },
    { line: "meshctl get service maybe --ignore-not-found", text: "Nothing, rather than an error" },
  ],
  run,
});

async function run(context: Context, options: GetOptions, kind: string, names: readonly string[]): Promise<number> {
  const selections = parseSelection([kind, ...names], allKinds());
  const client = await context.client();
  const scope = {
    ...(options.allNamespaces ? {} : { namespace: await context.namespace() }),
    ...(options.selector === undefined ? {} : { labelSelector: options.selector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
  };
  const named = selections.some((selection) => selection.names !== null);
  if (named && options.allNamespaces) throw new UserError("a name stands in one namespace: leave -A out", { exitCode: EXIT.USAGE });
  if (named && options.selector !== undefined) throw new UserError("names and --selector exclude each other", { exitCode: EXIT.USAGE });
  if (options.watch && (selections.length > 1 || (named && selections[0]?.names?.length !== 1))) {
    throw new UserError("only one kind, or one object, can be watched at a time", { exitCode: EXIT.USAGE });
  }
  const missing: Error[] = [];
  const fetched = await fetchSelections(client, selections, scope, (error) => missing.push(error));
  if (options.ignoreNotFound) missing.length = 0;
  const nothing = fetched.every(({ items }) => items.length === 0);
  // What is there is printed first; what is not there is an error all the same.
  const end = (): number => {
    for (const { message } of missing) context.say(`Error: ${message}`);
    return missing.length === 0 ? EXIT.OK : EXIT.NOT_FINE;
  };
  if (nothing && missing.length > 0) return end();
  if (nothing && (options.output === "table" || options.output === "wide") && !options.watch) {
    if (!named) context.say(options.allNamespaces ? "No resources found." : `No resources found in namespace ${scope.namespace}.`);
    return EXIT.OK;
  }
  const single = named && selections.length === 1 && selections[0]?.names?.length === 1;
  if (nothing && single) return EXIT.OK;
  const withNamespace = options.allNamespaces ?? false;
  const [first] = fetched;
  if (options.watch && first) return watch(context, options, first, { ...scope, single });
  printFetched(context, fetched, {
    output: options.output,
    withNamespace,
    showLabels: options.showLabels ?? false,
    noHeaders: !options.headers,
    single,
  });
  return end();
}

/** The list, then a line (or document) for each change. Deleted objects are shown once more, as kubectl does. */
async function watch(
  context: Context,
  options: GetOptions,
  fetched: Fetched,
  scope: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string; readonly single: boolean },
): Promise<number> {
  const { kind, items } = fetched;
  const signal = context.interrupts.takeOver();
  const client = await context.client();
  const table = {
    wide: options.output === "wide",
    withNamespace: options.allNamespaces === true && kind.namespaced,
    showLabels: options.showLabels ?? false,
  };
  const screen = new Table(headersFor(kind, table));
  const print = (objects: typeof items, heading: boolean): void => {
    if (options.output === "json") for (const object of objects) context.print(formatJson(object));
    else if (options.output === "yaml") for (const object of objects) context.print(`---\n${formatYaml(object)}`);
    else if (options.output === "name") for (const { metadata } of objects) context.print(objectName(kind, metadata.name));
    else {
      const lines = screen.lines(objects.map((object) => rowFor(object, kind, table, context.clock.nowMs())));
      if (heading && options.headers) context.print(screen.heading());
      for (const line of lines) context.print(line);
    }
  };
  // A lease that is renewed changes an object every few seconds, and nothing that a table shows.
  const rows = options.output === "table" || options.output === "wide";
  const shown = new Map(items.map((item) => [keyOf(item), shownText(item, kind, table)]));
  print(items, true);
  const { single, ...selectors } = scope;
  const name = single ? items[0]?.metadata.name : undefined;
  const resourceVersion = fetched.resourceVersion || (items[0]?.metadata.resourceVersion ?? "");
  const fieldSelector = name === undefined ? selectors.fieldSelector : `metadata.name=${name}`;
  for await (const event of follow(
    client,
    kind,
    { items, resourceVersion },
    { ...selectors, ...(fieldSelector ? { fieldSelector } : {}), signal },
  )) {
    const key = keyOf(event.object);
    const text = shownText(event.object, kind, table);
    if (rows && event.type === "MODIFIED" && shown.get(key) === text) continue;
    if (event.type === "DELETED") shown.delete(key);
    else shown.set(key, text);
    print([event.object], false);
    await drained(context.stdout);
  }
  return EXIT.OK;
}

/** What tells two states of an object apart for somebody who looks at rows: every cell, ages apart, and what users write. */
function shownText(object: KubeObject, kind: KindDescriptor, table: TableOptions): string {
  const { uid, generation, creationTimestamp } = object.metadata;
  // As old as at its creation: the age of both states is the same then.
  const bornMs = Date.parse(creationTimestamp ?? "") || 0;
  return JSON.stringify([uid, generation, rowFor(object, kind, { ...table, wide: true, showLabels: true }, bornMs)]);
}
