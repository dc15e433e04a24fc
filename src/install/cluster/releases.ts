import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import { kindRef } from "../kind-refs.ts";
import { FIELD_MANAGER } from "../names.ts";
import { formatRelease, KEPT_RELEASES, parseRelease, RELEASE_LABEL, type Release, releaseName } from "../release.ts";

/** Every release in the cluster, of all revisions, newest first. */
export async function readReleases(client: KubeClient): Promise<readonly Release[]> {
  try {
    const { items } = await client.list(kindRef("ConfigMap"), { namespace: SYSTEM_NAMESPACE, labelSelector: RELEASE_LABEL });
    return items
      .map(parseRelease)
      .filter((release) => release !== null)
      .sort((left, right) => right.number - left.number);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** The newest release of each revision. */
export function current(releases: readonly Release[]): readonly Release[] {
  const newest = new Map<string, Release>();
  for (const release of releases) if (!newest.has(release.revision)) newest.set(release.revision, release);
  return [...newest.values()];
}

export async function writeRelease(client: KubeClient, release: Release): Promise<void> {
  await client.apply(kindRef("ConfigMap"), formatRelease(release), { fieldManager: FIELD_MANAGER, force: true });
}

/** Forgets a revision's oldest releases. */
export async function trimReleases(client: KubeClient, releases: readonly Release[], revision: string): Promise<void> {
  const old = releases.filter((release) => release.revision === revision).slice(KEPT_RELEASES);
  for (const { number } of old) await deleteIfThere(client, "ConfigMap", releaseName(revision, number), SYSTEM_NAMESPACE);
}

/** True when it was there. */
export async function deleteIfThere(client: KubeClient, kind: string, name: string, namespace?: string): Promise<boolean> {
  try {
    await client.delete(kindRef(kind), name, namespace);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
