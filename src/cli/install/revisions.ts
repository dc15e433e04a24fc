import { injectedPods } from "../../install/cluster/injected-pods.ts";
import { current, deleteIfThere, readReleases, writeRelease } from "../../install/cluster/releases.ts";
import { survey } from "../../install/cluster/survey.ts";
import { readTags } from "../../install/cluster/tags.ts";
import { DEFAULT_REVISION, injectorOfTag } from "../../install/names.ts";
import { pruneOf } from "../../install/prune.ts";
import { readTemplates } from "../../install/read-templates.ts";
import { formatKey, type Release, releaseName } from "../../install/release.ts";
import { phaseOf, renderInstall } from "../../install/render.ts";
import type { Frame } from "../../install/render/frame.ts";
import { tagObjects } from "../../install/render/webhooks.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { packageRoot } from "../../local/programs.ts";
import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import type { Context } from "../context.ts";
import { applyAll, type CarryOutOptions, newestOf, waitForAll } from "./carry-out.ts";
import { defaultRevision } from "./default-revision.ts";
import { completeValues } from "./values.ts";

export interface RevisionRow {
  readonly revision: string;
  readonly version: string;
  readonly release: number;
  readonly state: Release["state"];
  /** Pods that name no revision go there. */
  readonly isDefault: boolean;
  readonly tags: readonly string[];
  /** Pods with a sidecar of this revision. */
  readonly pods: number;
}

export async function revisionRows(client: KubeClient): Promise<readonly RevisionRow[]> {
  const [releases, tags, pods, serving] = await Promise.all([
    readReleases(client),
    readTags(client),
    injectedPods(client),
    defaultRevision(client),
  ]);
  return current(releases)
    .map(({ revision, version, number, state }) => ({
      revision: revision || DEFAULT_REVISION,
      version,
      release: number,
      state,
      isDefault: serving === revision,
      tags: tags.filter((tag) => tag.revision === revision).map(({ tag }) => tag),
      pods: pods.filter((pod) => pod.revision === revision).length,
    }))
    .sort((left, right) => (left.revision < right.revision ? -1 : 1));
}

/** Points a tag at a revision, from wherever it was. */
export async function setTag(context: Context, client: KubeClient, tag: string, revision: string, options: CarryOutOptions): Promise<void> {
  const { releases, release } = await requireRelease(client, revision);
  if (releases.some((known) => known.revision === tag)) {
    throw new UserError(`there is a revision "${tag}": a tag of that name would make two webhooks answer for one label`, {
      exitCode: EXIT.REFUSED,
    });
  }
  const objects = tagObjects(frameOf(release, false), tag).map((object) => ({ phase: phaseOf(object), object }));
  await waitForAll(context, client, await applyAll(client, await survey(client, objects, true), options), options);
}

/** False when there was none. */
export async function removeTag(client: KubeClient, tag: string): Promise<boolean> {
  const name = injectorOfTag(tag);
  const found = await deleteIfThere(client, "MutatingWebhookConfiguration", name);
  await deleteIfThere(client, "ClusterRoleBinding", name);
  await deleteIfThere(client, "ClusterRole", name);
  return found;
}

/** Sends the pods that name no revision, validation and taps to `revision`. */
export async function promote(context: Context, client: KubeClient, revision: string, options: CarryOutOptions): Promise<void> {
  const { release } = await requireRelease(client, revision);
  const rendered = renderInstall(frameOf(release, true));
  // Noted first: what the record names is not pruned with the revision that had it.
  const own = new Set(rendered.map(({ object }) => formatKey({ kind: object.kind, name: object.metadata.name })));
  const others = release.objects.filter((object) => !own.has(formatKey({ kind: object.kind, name: object.metadata.name })));
  await writeRelease(client, { ...release, objects: [...others, ...rendered.map(({ object }) => object)] });
  const registrations = rendered.filter(({ phase }) => phase === "registrations");
  await waitForAll(context, client, await applyAll(client, await survey(client, registrations, true), options), options);
}

/** Takes a revision away that nobody needs. Returns how many objects went. */
export async function removeRevision(client: KubeClient, revision: string, force: boolean): Promise<number> {
  const { releases, release } = await requireRelease(client, revision);
  const name = revision || DEFAULT_REVISION;
  const row = (await revisionRows(client)).find((candidate) => candidate.revision === name);
  const refusal = (message: string, hint: string): UserError => new UserError(message, { hint, exitCode: EXIT.REFUSED });
  if (row?.isDefault)
    throw refusal(`${name} serves the pods that name no revision`, "Promote another one first; `meshctl uninstall` takes everything away.");
  if (row && row.tags.length > 0)
    throw refusal(`${name} has tags: ${row.tags.join(", ")}`, "Point them elsewhere: meshctl revision tag TAG --to REVISION.");
  if (row && row.pods > 0 && !force)
    throw refusal(`${row.pods} pods have sidecars of ${name}`, "Restart them in another revision first, or give --force.");
  const others = releases.filter((other) => other.revision !== revision);
  let deleted = 0;
  for (const key of pruneOf(release.objects, [], others)) if (await deleteIfThere(client, key.kind, key.name, key.namespace)) deleted += 1;
  for (const { number } of releases.filter((own) => own.revision === revision)) {
    await deleteIfThere(client, "ConfigMap", releaseName(revision, number), SYSTEM_NAMESPACE);
  }
  return deleted;
}

async function requireRelease(client: KubeClient, revision: string): Promise<{ releases: readonly Release[]; release: Release }> {
  const releases = await readReleases(client);
  const release = newestOf(releases, revision);
  if (release !== null) return { releases, release };
  const known = current(releases).map((other) => other.revision || DEFAULT_REVISION);
  throw new UserError(`there is no revision "${revision || DEFAULT_REVISION}"`, { hint: `There is: ${known.join(", ") || "none"}.` });
}

function frameOf({ profile, asked, version }: Release, isDefault: boolean): Frame {
  return { templates: readTemplates(packageRoot()), values: completeValues(profile, asked), version, isDefault };
}
