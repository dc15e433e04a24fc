import { EXIT, UserError } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import {
  ALL_NAMESPACES,
  FIELD_SELECTOR,
  FILES,
  IGNORE_NOT_FOUND,
  OBJECT_OUTPUT,
  type ObjectFormat,
  RECURSIVE,
  SELECTOR,
  WATCH,
} from "../options/output.ts";
import { formatJson } from "../output/structured.ts";
import { parsePath, type Step } from "../output/json-path/parse.ts";
import { choose, type Choice, fetchChosen } from "../resources/choose.ts";
import { printFetched, type PrintOptions } from "../resources/print.ts";
import { sortFetched } from "../resources/sort.ts";
import { watchObjects } from "../resources/watch.ts";

interface GetOptions extends Omit<Choice, "all"> {
  readonly output?: ObjectFormat;
  readonly watch?: boolean;
  readonly watchOnly?: boolean;
  readonly outputWatchEvents?: boolean;
  readonly sortBy?: readonly Step[];
  readonly labelColumns?: readonly string[];
  readonly headers: boolean;
  readonly showLabels?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly showManagedFields?: boolean;
  readonly raw?: string;
}

export const command = defineCommand<GetOptions>({
  description:
    "Lists objects of one or several kinds, kubectl's way. Kinds go by their singular, plural or short name; `mesh` is every kind of the mesh.",
  arguments: [
    { syntax: "[kind]", description: "kind, several with commas, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "only these objects", completes: "object" },
  ],
  options: [
    OBJECT_OUTPUT,
    ALL_NAMESPACES,
    SELECTOR,
    FIELD_SELECTOR,
    FILES,
    RECURSIVE,
    WATCH,
    { flags: "--watch-only", description: "show changes without what is there already" },
    { flags: "--output-watch-events", description: "say of each change whether it is ADDED, MODIFIED or DELETED" },
    { flags: "--sort-by <path>", description: "in the order of a field: .metadata.creationTimestamp", parse: parsePath },
    { flags: "-L, --label-columns <labels>", description: "a column for each of these labels", parse: (text: string) => text.split(",") },
    { flags: "--show-labels", description: "add a column with the labels" },
    { flags: "--show-managed-fields", description: "JSON and YAML with the owners of each field" },
    { flags: "--no-headers", description: "leave the line of column names out" },
    IGNORE_NOT_FOUND,
    { flags: "--raw <path>", description: "print what the server answers at a path" },
  ],
  examples: [
    { line: "meshctl get workloads -o wide", text: "What runs, with identity and addresses" },
    { line: "meshctl get services,httproutes -A --show-labels", text: "Two kinds, every namespace" },
    { line: "meshctl get httproute/api-split -o yaml", text: "One object, to edit and apply again" },
    { line: "meshctl get httproute/api-split -o yaml --show-managed-fields", text: "With who set which field" },
    { line: "meshctl get mesh -l app=api -n shop --no-headers", text: "Everything of the mesh with a label, for scripts" },
    { line: "meshctl get workloads -w", text: "Go on with every change" },
    { line: "meshctl get services --field-selector metadata.name=api -o name", text: "Names only" },
    { line: "meshctl get service maybe --ignore-not-found", text: "Nothing, rather than an error" },
    { line: "meshctl get service api -o jsonpath='{.spec.ports[0].port}'", text: "One field, for scripts" },
    { line: "meshctl get services -o custom-columns=NAME:.metadata.name,PORTS:.spec.ports[*].port", text: "Columns of your own" },
  ],
  run,
});

async function run(context: Context, options: GetOptions, kind: string | undefined, names: readonly string[]): Promise<number> {
  const words = kind === undefined ? [] : [kind, ...names];
  if (options.raw !== undefined) return raw(context, options.raw, words);
  if (kind === undefined && options.filename === undefined) {
    throw usage("get what?", "Name a kind: `meshctl get workloads`. `meshctl api-resources` lists them.");
  }
  const watching = options.watch || options.watchOnly;
  const chosen = await choose(context, options, words, { bareKind: true, outcome: "nothing was read" });
  const { byName, selections } = chosen;
  if (watching && (selections.length > 1 || (byName && selections[0]?.names?.length !== 1))) {
    throw usage("only one kind, or one object, can be watched at a time");
  }
  const missing: Error[] = [];
  const unsorted = await fetchChosen(context, chosen, (error) => missing.push(error));
  const fetched = options.sortBy === undefined ? unsorted : sortFetched(unsorted, options.sortBy);
  if (options.ignoreNotFound) missing.length = 0;
  const nothing = fetched.every(({ items }) => items.length === 0);
  // What is there is printed first; what is not there is an error all the same.
  const end = (): number => {
    for (const { message } of missing) context.say(`Error: ${message}`);
    return missing.length === 0 ? EXIT.OK : EXIT.NOT_FINE;
  };
  if (nothing && missing.length > 0) return end();
  const output = options.output ?? { kind: "table" };
  if (nothing && !watching && (output.kind === "table" || output.kind === "wide")) {
    if (!byName) context.say(options.allNamespaces ? "No resources found." : `No resources found in namespace ${chosen.namespace}.`);
    return EXIT.OK;
  }
  const single = byName && selections.length === 1 && selections[0]?.names?.length === 1;
  if (nothing && single) return EXIT.OK;
  const printing: PrintOptions = {
    output,
    withNamespace: options.allNamespaces ?? false,
    showLabels: options.showLabels ?? false,
    labelColumns: options.labelColumns ?? [],
    noHeaders: !options.headers,
    showManagedFields: options.showManagedFields ?? false,
    single,
  };
  const [first] = fetched;
  if (!watching || first === undefined) {
    printFetched(context, fetched, printing);
    return end();
  }
  return watchObjects(context, first, chosen, printing, {
    changesOnly: options.watchOnly ?? false,
    withEvents: options.outputWatchEvents ?? false,
  });
}

async function raw(context: Context, path: string, words: readonly string[]): Promise<number> {
  if (words.length > 0) throw usage("--raw says what to get: leave kind and names out");
  if (!path.startsWith("/")) throw usage(`"${path}" is not a path of the server`, "It begins with a slash: /version, /apis.");
  const answer = await (await context.client()).request<unknown>("GET", path);
  context.print(formatJson(answer));
  return EXIT.OK;
}

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: EXIT.USAGE, hint });
}
