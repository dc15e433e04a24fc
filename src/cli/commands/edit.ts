import type { KubeClient } from "../../kube/contract.ts";
import { KubeError } from "../../kube/error.ts";
import { EXIT } from "../../lib/errors.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { keyOf } from "../../model/object.ts";
import { createKindRegistry } from "../../model/registry.ts";
import { threeWayPatch } from "../apply/merge.ts";
import { FIELD_MANAGER, isRefusal, serverProblems } from "../apply/plan.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { editorOf } from "../edit/editor.ts";
import { editUntilTaken, type Judge } from "../edit/session.ts";
import { textToEdit } from "../edit/text.ts";
import { parseManifests } from "../manifests/parse.ts";
import type { ManifestProblem } from "../manifests/source.ts";
import { locate, type Manifest, validateManifests } from "../manifests/validate.ts";
import { ALL_NAMESPACES, FIELD_SELECTOR, FILES, RECURSIVE, SELECTOR } from "../options/output.ts";
import { choose, type Choice, fetchChosen } from "../resources/choose.ts";
import { objectName } from "../resources/names.ts";

export const command = defineCommand<Choice>({
  description:
    "Opens objects in your editor ($KUBE_EDITOR, $VISUAL or $EDITOR, else vi) and writes what you changed. What is wrong is said in the " +
    "file, which comes up again; nothing is written before every object is right.",
  arguments: [
    { syntax: "[kind]", description: "kind, or KIND/NAME", completes: "kind" },
    { syntax: "[names...]", description: "only these objects", completes: "object" },
  ],
  options: [FILES, RECURSIVE, SELECTOR, FIELD_SELECTOR, ALL_NAMESPACES],
  examples: [
    { line: "meshctl edit httproute api-split", text: "One object" },
    { line: "EDITOR='code --wait' meshctl edit faultinjections -l team=store", text: "Several in one file, in another editor" },
  ],
  run,
});

interface Original {
  readonly kind: KindDescriptor;
  readonly object: KubeObject;
}

interface Edit extends Original {
  readonly patch: Record<string, unknown>;
}

async function run(context: Context, options: Choice, kind: string | undefined, names: readonly string[]): Promise<number> {
  const words = kind === undefined ? [] : [kind, ...names];
  const editor = editorOf(context);
  const fetched = await fetchChosen(context, await choose(context, options, words, { bareKind: true, outcome: "nothing was edited" }));
  const originals = fetched.flatMap((part) => part.items.map((object): Original => ({ kind: part.kind, object })));
  if (originals.length === 0) {
    context.say("No resources found.");
    return EXIT.OK;
  }
  const client = await context.client();
  const edits = await editUntilTaken(context, editor, textToEdit(originals.map(({ object }) => object)), judge(client, originals));
  if (edits === null) {
    context.say("Nothing was changed.");
    return EXIT.OK;
  }
  for (const { kind: own, object, patch } of edits) {
    await client.patch(own, object.metadata.name, object.metadata.namespace, patch, { fieldManager: FIELD_MANAGER });
    context.print(`${objectName(own, object.metadata.name)} edited`);
  }
  return EXIT.OK;
}

/** Reads the edited text as manifests, and lets the server judge each change without keeping it. */
function judge(client: KubeClient, originals: readonly Original[]): Judge<readonly Edit[]> {
  const kinds = createKindRegistry([...new Set(originals.map(({ kind }) => kind))]);
  return async (text) => {
    const parsed = parseManifests({ name: "edit.yaml", text });
    const { manifests, problems } = validateManifests(parsed.documents, kinds, { fallback: "default" });
    const found: ManifestProblem[] = [...parsed.problems, ...problems];
    const edits: Edit[] = [];
    for (const manifest of found.length > 0 ? [] : manifests) {
      const original = originals.find(({ kind, object }) => kind === manifest.kind && keyOf(object) === keyOf(manifest.object));
      if (original === undefined) {
        found.push(
          locate(manifest.document, { path: "metadata.name", message: "is none of the objects that were opened; a name cannot be edited" }),
        );
        continue;
      }
      const patch = threeWayPatch(withoutServers(original.object), withoutServers(manifest.object), withoutServers(original.object));
      if (Object.keys(patch).length === 0) continue;
      found.push(...(await refused(client, manifest, patch)));
      edits.push({ ...original, patch });
    }
    return found.length > 0 ? { problems: found } : { done: edits };
  };
}

/** What is the server's to count is not edited, and does not conflict when it has counted on meanwhile. */
function withoutServers(object: KubeObject): Record<string, unknown> {
  const { resourceVersion: _version, generation: _generation, managedFields: _fields, ...metadata } = object.metadata;
  const { status: _status, ...rest } = object;
  return { ...rest, metadata };
}

async function refused(client: KubeClient, manifest: Manifest, patch: object): Promise<ManifestProblem[]> {
  const { name, namespace } = manifest.object.metadata;
  try {
    await client.patch(manifest.kind, name, namespace, patch, { dryRun: true, fieldManager: FIELD_MANAGER });
    return [];
  } catch (error) {
    if (!(error instanceof KubeError) || !isRefusal(error)) throw error;
    return serverProblems(manifest, error);
  }
}
