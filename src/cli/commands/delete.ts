import { isNotFound } from "../../kube/error.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { allKinds } from "../../policies/kinds.ts";
import { loadManifests } from "../manifests/load.ts";
import { ALL_NAMESPACES, FILES, RECURSIVE, SELECTOR } from "../options/output.ts";
import { fetchSelections } from "../resources/fetch.ts";
import { kindName, objectName } from "../resources/names.ts";
import { parseSelection, type Selection } from "../resources/select.ts";

interface DeleteOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly dryRun?: boolean;
  readonly output: "text" | "name";
}

interface Doomed {
  readonly kind: KindDescriptor;
  readonly name: string;
  readonly namespace: string | undefined;
}

export const command = defineCommand<DeleteOptions>({
  description: "Deletes objects by name, by label, or those that files name.",
  arguments: [
    { syntax: "[kind]", description: "kind, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "which objects", completes: "object" },
  ],
  options: [
    FILES,
    RECURSIVE,
    SELECTOR,
    { flags: "--all", description: "every object of the kind" },
    ALL_NAMESPACES,
    { flags: "--ignore-not-found", description: "no error where an object does not exist" },
    { flags: "--dry-run", description: "only say what would be deleted" },
    { flags: "-o, --output <format>", description: "how to print what was deleted", choices: ["text", "name"], default: "text" },
  ],
  examples: [
    { line: "meshctl delete httproute api-split", text: "By name" },
    { line: "meshctl delete -f mesh.yaml --ignore-not-found", text: "What a file names" },
    { line: "meshctl delete -R -f deploy/ -o name", text: "What the files of a directory name" },
    { line: "meshctl delete faultinjections --all -A --dry-run", text: "What deleting every fault would delete" },
    { line: "meshctl delete services -l app=old", text: "By label" },
  ],
  run,
});

async function run(context: Context, options: DeleteOptions, kind: string | undefined, names: readonly string[]): Promise<number> {
  const doomed = options.filename ? await named(context, options, kind) : await selected(context, options, kind, names);
  const client = await context.client();
  for (const { kind: own, name, namespace } of doomed) {
    try {
      await client.delete(own, name, namespace, { dryRun: options.dryRun ?? false });
    } catch (error) {
      if (isNotFound(error) && options.ignoreNotFound) continue;
      throw error;
    }
    context.print(
      options.output === "name" ? objectName(own, name) : `${kindName(own)} "${name}" deleted${options.dryRun ? " (dry run)" : ""}`,
    );
  }
  if (doomed.length === 0) context.say("No resources found.");
  return EXIT.OK;
}

/** In the reverse order of the files: what stands on something goes before it. */
async function named(context: Context, options: DeleteOptions, kind: string | undefined): Promise<Doomed[]> {
  if (kind !== undefined || options.selector !== undefined || options.all) {
    throw new UserError("-f says what to delete: leave kind, --selector and --all out", { exitCode: EXIT.USAGE });
  }
  const manifests = await loadManifests(context, options.filename ?? [], options.recursive ?? false, "nothing was deleted");
  return manifests
    .map(({ kind: own, object }) => ({ kind: own, name: object.metadata.name, namespace: object.metadata.namespace }))
    .toReversed();
}

async function selected(context: Context, options: DeleteOptions, kind: string | undefined, names: readonly string[]): Promise<Doomed[]> {
  if (kind === undefined)
    throw new UserError("nothing to delete", { exitCode: EXIT.USAGE, hint: "Name a kind and objects, or files with -f." });
  const selections = parseSelection([kind, ...names], allKinds());
  const byName = selections.some((selection) => selection.names !== null);
  if (byName && (options.all || options.selector !== undefined || options.allNamespaces)) {
    throw new UserError("names exclude --all, --selector and --all-namespaces", { exitCode: EXIT.USAGE });
  }
  if (!byName && !options.all && options.selector === undefined) {
    throw new UserError(`which ${kind}?`, { exitCode: EXIT.USAGE, hint: "Name objects, or say --selector or --all." });
  }
  const namespace = options.allNamespaces ? undefined : await context.namespace();
  if (byName) return selections.flatMap((selection) => namesOf(selection, namespace));
  const scope = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(options.selector === undefined ? {} : { labelSelector: options.selector }),
  };
  const fetched = await fetchSelections(await context.client(), selections, scope);
  return fetched.flatMap(({ kind: own, items }) =>
    items.map(({ metadata }) => ({ kind: own, name: metadata.name, namespace: metadata.namespace })),
  );
}

function namesOf({ kind, names }: Selection, namespace: string | undefined): Doomed[] {
  return (names ?? []).map((name) => ({ kind, name, namespace: kind.namespaced ? namespace : undefined }));
}
