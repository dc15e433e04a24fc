import type { Stored, StoreEvent } from "./contract.ts";
import { EventRing, type RingLimits } from "./event-ring.ts";

/** Objects of one kind in memory, with their recent history and those who listen. */
export class Bucket {
  readonly items = new Map<string, Stored>();
  readonly ring: EventRing;
  readonly listeners = new Set<(event: StoreEvent) => void>();
  #sorted: readonly string[] | null = null;

  constructor(limits: RingLimits, forgottenThrough: number) {
    this.ring = new EventRing(limits, forgottenThrough);
  }

  /** By code units, the order of keys on disk. */
  sortedKeys(): readonly string[] {
    this.#sorted ??= [...this.items.keys()].sort();
    return this.#sorted;
  }

  list(prefix: string): readonly Stored[] {
    const keys = this.sortedKeys();
    const found: Stored[] = [];
    for (let index = firstAtLeast(keys, prefix); index < keys.length; index += 1) {
      const key = keys[index] as string;
      if (!key.startsWith(prefix)) break;
      found.push(this.items.get(key) as Stored);
    }
    return found;
  }

  /** Takes an event that is on disk, and tells everybody. */
  apply(event: StoreEvent): void {
    if (event.type === "DELETED") {
      this.items.delete(event.key);
      this.#sorted = null;
    } else {
      if (!this.items.has(event.key)) this.#sorted = null;
      this.items.set(event.key, event.current);
    }
    this.ring.push(event);
    for (const listener of this.listeners) listener(event);
  }
}

function firstAtLeast(keys: readonly string[], wanted: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
