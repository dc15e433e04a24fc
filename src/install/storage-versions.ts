import type { KubeObject } from "../model/object.ts";

type Definition = KubeObject & {
  spec: { versions: readonly { name: string }[] };
  status?: { storedVersions?: readonly string[] };
};

/**
 * Why `next` must not replace `live`, or null: a version in which objects are stored must stay served until they are
 * written anew and status.storedVersions no longer names it, or they can never be read again.
 */
export function storageProblem(live: KubeObject, next: KubeObject): string | null {
  const offered = (next as Definition).spec.versions.map(({ name }) => name);
  const lost = ((live as Definition).status?.storedVersions ?? []).filter((version) => !offered.includes(version));
  return lost.length === 0
    ? null
    : `${live.metadata.name}: objects are stored as ${lost.join(", ")}, which the new definition has no longer (it has ${offered.join(", ")})`;
}
