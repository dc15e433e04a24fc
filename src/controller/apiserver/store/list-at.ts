import type { Store, Stored } from "./contract.ts";

/**
 * The objects of a bucket as they were at `revision`, in order of keys: the present ones with what has happened
 * since undone. Null when some of that is forgotten. `revision` must not be from the future.
 */
export function listAt(store: Store, bucket: string, prefix: string, revision: number): readonly Stored[] | null {
  const events = store.since(bucket, revision);
  if (events === null) return null;
  const present = store.list(bucket, prefix);
  const before = new Map<string, Stored | null>();
  // The first event after `revision` knows how it was then.
  for (const { key, previous } of events) if (key.startsWith(prefix) && !before.has(key)) before.set(key, previous);
  if (before.size === 0) return present;
  const unchanged = present.filter(({ revision: written }) => written <= revision).map((stored) => [keyOfStored(stored), stored] as const);
  const restored = [...before].flatMap(([key, stored]) => (stored === null ? [] : [[key, stored] as const]));
  return [...unchanged, ...restored].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, stored]) => stored);
}

export function keyOfStored({ object }: Stored): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}
