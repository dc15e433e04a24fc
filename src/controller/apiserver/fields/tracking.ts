import type { KindDescriptor } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/object.ts";
import { type FieldWriter, isCustom } from "../request.ts";
import { union } from "./field-set.ts";
import { formatOwners, isReset, NO_OWNERS, type Owner, ownerKey, type Owners, parseOwners } from "./owners.ts";
import { type Applier, ownersAfterUpdate } from "./ownership.ts";
import { topologyOf } from "./topology-of.ts";
import { ownedPart } from "./view.ts";

/** As in Kubernetes: more owners by Update than this, and the oldest become one. */
export const MAX_UPDATERS = 10;
const ANCIENT = "ancient-changes";
/** Who owns what an object had before anybody was tracked. */
const BEFORE_FIRST_APPLY = "before-first-apply";

export function ownerOf({ manager, apiVersion, subresource, nowIso }: FieldWriter, operation: Owner["operation"]): Applier {
  return { manager, operation, apiVersion, time: nowIso, ...(subresource === undefined ? {} : { subresource }) };
}

/**
 * managedFields of `next`, which a create (`live` null), update or patch by `writer` puts in the place of `live`. What
 * `given` carries as managedFields counts where it is some; one empty entry, or an empty list, ends the tracking of an object.
 * Undefined: the object is not tracked.
 */
export function managedAfterUpdate(
  kind: KindDescriptor,
  writer: FieldWriter,
  live: KubeObject | null,
  next: KubeObject,
  given: unknown,
): object[] | undefined {
  const owners = knownOwners(writer.subresource === undefined ? given : undefined, live);
  // An object that is not tracked stays so until somebody applies it.
  if (owners.size === 0 && live !== null) return undefined;
  const [before, after] = [writtenPart(kind, writer, live ?? {}), writtenPart(kind, writer, next)];
  return formatted(capped(ownersAfterUpdate(before, after, topologyOf(kind), owners, ownerOf(writer, "Update"))));
}

/** What writers other than appliers own, on the structs that every object has: those come from nobody. */
function writtenPart(kind: KindDescriptor, { subresource }: FieldWriter, object: object): Record<string, unknown> {
  return { metadata: {}, ...(isCustom(kind) ? {} : { spec: {}, status: {} }), ...ownedPart(kind, subresource, object) };
}

export function formatted(owners: Owners): object[] | undefined {
  return owners.size === 0 ? undefined : formatOwners(owners);
}

function knownOwners(given: unknown, live: KubeObject | null): Owners {
  if (isReset(given)) return NO_OWNERS;
  const owners = parseOwners(given);
  return owners !== null && owners.size > 0 ? owners : (parseOwners(live?.metadata.managedFields) ?? NO_OWNERS);
}

/** Owners of a stored object for an apply: of one that is not tracked everything belongs to who was there before. */
export function ownersForApply(kind: KindDescriptor, writer: FieldWriter, live: KubeObject | null): Owners {
  if (live === null) return NO_OWNERS;
  const owners = parseOwners(live.metadata.managedFields) ?? NO_OWNERS;
  if (owners.size > 0) return owners;
  const before = ownerOf({ ...writer, manager: BEFORE_FIRST_APPLY }, "Update");
  return ownersAfterUpdate(writtenPart(kind, writer, {}), writtenPart(kind, writer, live), topologyOf(kind), NO_OWNERS, before);
}

/** The oldest updates become one owner for each version, until there are few enough. */
function capped(owners: Owners): Owners {
  const updaters = [...owners.values()].filter(({ operation }) => operation === "Update");
  const tooMany = updaters.length - MAX_UPDATERS;
  if (tooMany <= 0) return owners;
  const kept = new Map(owners);
  const oldest = updaters.toSorted((left, right) => ((left.time ?? "") < (right.time ?? "") ? -1 : 1)).slice(0, tooMany + 1);
  for (const owner of oldest) {
    const { subresource: _subresource, ...rest } = owner;
    const bucket = { ...rest, manager: ANCIENT };
    kept.delete(ownerKey(owner));
    const known = kept.get(ownerKey(bucket));
    kept.set(ownerKey(bucket), { ...bucket, fields: known === undefined ? owner.fields : union(known.fields, owner.fields) });
  }
  return kept;
}

/** True when both say the same, times apart: such a write changed nothing. */
export function sameOwners(left: unknown, right: unknown): boolean {
  return timeless(left) === timeless(right);
}

function timeless(entries: unknown): string {
  const owners = parseOwners(entries);
  if (owners === null) return "";
  const untimed = [...owners].map(([key, { time: _time, ...owner }]): [string, Owner] => [key, owner]);
  return JSON.stringify(formatOwners(new Map(untimed)));
}
