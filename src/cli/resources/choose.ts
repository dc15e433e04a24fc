import { EXIT, UserError } from "../../lib/errors.ts";
import type { KubeError } from "../../kube/error.ts";
import type { Context } from "../context.ts";
import { loadManifests } from "../manifests/load.ts";
import { type Fetched, fetchSelections } from "./fetch.ts";
import { namesKnown, parseSelection, type Selection } from "./select.ts";
import { kindsFor, withColumns } from "./served-kinds.ts";

/** The options with which a command says which objects it means. */
export interface Choice {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
}

/** What is meant, before anything is asked: objects by name, or kinds with a scope. */
export interface Chosen {
  readonly selections: readonly Selection[];
  readonly byName: boolean;
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * Understands `KIND NAME…`, `KIND/NAME…`, `KIND --all`, `KIND -l LABELS` and `-f FILE`. A kind alone is a usage error unless
 * `bareKind` says that it means all of them. `outcome` says what does not happen when a file is bad.
 */
export async function choose(
  context: Context,
  choice: Choice,
  words: readonly string[],
  { bareKind, outcome }: { readonly bareKind: boolean; readonly outcome: string },
): Promise<Chosen> {
  const { filename, selector, fieldSelector, all = false, allNamespaces = false } = choice;
  const scoped = selector !== undefined || fieldSelector !== undefined || all;
  if (filename !== undefined) {
    if (words.length > 0 || scoped) throw usage("-f says which objects: leave kind, names, selectors and --all out");
    const manifests = await loadManifests(context, filename, choice.recursive ?? false, outcome);
    const selections = manifests.map(({ kind, object: { metadata } }) => ({ kind, names: [metadata.name], namespace: metadata.namespace }));
    return { selections, byName: true };
  }
  const [kind] = words;
  if (kind === undefined) throw usage("which objects?", "Name a kind and objects, or files with -f.");
  const kinds = await kindsFor(context.client, (known) => namesKnown(words, known));
  const selections = parseSelection(words, kinds);
  const byName = selections.some((selection) => selection.names !== null);
  if (byName && (scoped || allNamespaces)) throw usage("names exclude --all, selectors and --all-namespaces");
  if (!byName && !scoped && !bareKind) throw usage(`which ${kind}?`, "Name objects, or say --selector or --all.");
  return {
    selections,
    byName,
    ...(allNamespaces ? {} : { namespace: await context.namespace() }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** The chosen objects as they are now. A name that is not there rejects with NotFound, or is told to `onMissing`. */
export async function fetchChosen(context: Context, chosen: Chosen, onMissing?: (error: KubeError) => void): Promise<Fetched[]> {
  const { selections, byName: _byName, ...scope } = chosen;
  const client = await context.client();
  const shown = await Promise.all(selections.map(async (selection) => ({ ...selection, kind: await withColumns(client, selection.kind) })));
  return fetchSelections(client, shown, scope, onMissing);
}

function usage(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: EXIT.USAGE, hint });
}
