import { type Comparison, compare, isSame } from "./compare.ts";
import { difference, type FieldSet, fieldSet, intersection, isEmpty, NO_FIELDS, pathsOf, union } from "./field-set.ts";
import { fieldsOf, withDeclaredParents } from "./fields-of.ts";
import { mergeConfig } from "./merge.ts";
import { type Owner, ownerKey, type Owners } from "./owners.ts";
import { removeFields } from "./remove.ts";
import type { Topology } from "./topology.ts";

/** A field that somebody else owns and the applied configuration would change. */
export interface FieldConflict {
  readonly owner: Owner;
  /** Path elements from the root. */
  readonly path: readonly string[];
}

export type Applied =
  | { readonly conflicts: readonly FieldConflict[] }
  | {
      readonly conflicts: null;
      /** The very value that was live when no field changed. */
      readonly value: unknown;
      readonly owners: Owners;
    };

/** Who applies; its fields are what the configuration has. */
export type Applier = Omit<Owner, "fields">;

/**
 * Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/): `config` is merged into `live`; what the
 * applier owned, does not repeat, and nobody else owns is removed; a change of what another owner set is a conflict,
 * or with `force` takes the field from it. Several who set the same value share it.
 */
export function applyConfig(live: unknown, config: unknown, topology: Topology, owners: Owners, applier: Applier, force: boolean): Applied {
  const key = ownerKey(applier);
  const last = owners.get(key)?.fields ?? NO_FIELDS;
  // Nobody owns an object as such, be it empty.
  const mine: Owner = { ...applier, fields: fieldSet(false, fieldsOf(config, topology).children) };
  const claimed = new Map(owners).set(key, mine);
  const next = prune(mergeConfig(live, config, topology), last, claimed, topology);
  const changes = compare(live, next, topology);
  const others = withoutKey(owners, key);
  const conflicts = force ? [] : conflictsOf(others, changes);
  if (conflicts.length > 0) return { conflicts };
  const remaining = yielded(others, changes);
  const kept = isEmpty(mine.fields) ? remaining : new Map(remaining).set(key, mine);
  return { conflicts: null, value: isSame(changes) ? live : next, owners: kept };
}

/** After any other write: who wrote owns what it added and changed, and nobody owns what is gone. */
export function ownersAfterUpdate(live: unknown, next: unknown, topology: Topology, owners: Owners, updater: Applier): Owners {
  const changes = compare(live, next, topology);
  if (isSame(changes)) return owners;
  const key = ownerKey(updater);
  const written = union(changes.added, changes.modified);
  const before = owners.get(key);
  const remaining = new Map(yielded(withoutKey(owners, key), changes));
  const fields = union(difference(before?.fields ?? NO_FIELDS, changes.removed), written);
  if (isEmpty(fields)) return remaining;
  // Whoever only removes keeps the time of its last write.
  return remaining.set(key, { ...updater, fields, ...(isEmpty(written) && before?.time !== undefined ? { time: before.time } : {}) });
}

/**
 * Without what the applier owned and gave up: a path goes when it was the applier's and nobody, the new
 * configuration included, owns it or (declared fields) anything below it.
 */
function prune(merged: unknown, last: FieldSet, claimed: Owners, topology: Topology): unknown {
  if (isEmpty(last)) return merged;
  let owned = NO_FIELDS;
  for (const { fields } of claimed.values()) owned = union(owned, fields);
  const givenUp = difference(withDeclaredParents(last, topology), withDeclaredParents(owned, topology));
  return removeFields(merged, givenUp, topology);
}

function conflictsOf(others: Owners, { added, modified }: Comparison): readonly FieldConflict[] {
  const changed = union(added, modified);
  return [...others.values()].flatMap((owner) =>
    [...pathsOf(intersection(owner.fields, changed))].map((path): FieldConflict => ({ owner, path })),
  );
}

/** What others are left with; who is left with nothing is gone. */
function yielded(others: Owners, { added, modified, removed }: Comparison): Owners {
  const lost = union(union(added, modified), removed);
  const remaining = new Map<string, Owner>();
  for (const [key, owner] of others) {
    const fields = difference(owner.fields, lost);
    if (!isEmpty(fields)) remaining.set(key, { ...owner, fields });
  }
  return remaining;
}

function withoutKey(owners: Owners, key: string): Owners {
  const others = new Map(owners);
  others.delete(key);
  return others;
}
