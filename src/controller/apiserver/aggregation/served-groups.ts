/** Groups that other servers answer for, as discovery shows them. */
import { isPlainObject } from "../merge-patch.ts";

/** An entry of an APIResourceList. */
export interface ServedResource {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface ServedVersion {
  readonly version: string;
  /** As its server last said; empty before it did. */
  readonly resources: readonly ServedResource[];
  readonly available: boolean;
}

export interface ServedGroup {
  readonly group: string;
  readonly versions: readonly ServedVersion[];
}

/** For `/apis` and `/apis/GROUP`. */
export function legacyGroup({ group, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: all, preferredVersion: all[0] };
}

/** An item of APIGroupDiscoveryList. */
export function aggregatedItem({ group, versions }: ServedGroup): object {
  return {
    metadata: { name: group, creationTimestamp: null },
    versions: versions.map(({ version, resources, available }) => ({
      version,
      freshness: available ? "Current" : "Stale",
      resources: resources.filter(({ name }) => !name.includes("/")).map((resource) => discovered(group, version, resource, resources)),
    })),
  };
}

function discovered(group: string, version: string, resource: ServedResource, all: readonly ServedResource[]): object {
  const kindOf = (entry: ServedResource): object => ({ group: entry.group ?? group, version: entry.version ?? version, kind: entry.kind });
  const subresources = all
    .filter(({ name }) => name.startsWith(`${resource.name}/`))
    .map((entry) => ({ subresource: entry.name.slice(resource.name.length + 1), responseKind: kindOf(entry), verbs: entry.verbs }));
  return {
    resource: resource.name,
    responseKind: kindOf(resource),
    scope: resource.namespaced === true ? "Namespaced" : "Cluster",
    singularResource: resource.singularName ?? "",
    verbs: resource.verbs,
    ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
    ...(resource.categories === undefined ? {} : { categories: resource.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** Resources one server may list. */
const MAX_RESOURCES = 1_000;

/** Entries of an APIResourceList; throws when it is none. */
export function readResources(list: unknown): readonly ServedResource[] {
  if (!isPlainObject(list) || !Array.isArray(list.resources)) throw new Error("it does not answer with an APIResourceList");
  return list.resources
    .filter((entry): entry is ServedResource => isPlainObject(entry) && typeof entry.name === "string")
    .slice(0, MAX_RESOURCES);
}
