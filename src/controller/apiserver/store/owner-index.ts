import type { StoreEvent } from "./contract.ts";

/** Where an object lies. */
export interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** Set on an owner that goes only after those of its dependents that block it. */
export const FOREGROUND_FINALIZER = "foregroundDeletion";

/**
 * Who may belong to whom, by uid. Entries are candidates: a place named here had the owner (or waited for its
 * dependents) at some time, and whoever asks looks at what lies there now. Holds one entry for each owner
 * reference in the store.
 */
export class OwnerIndex {
  readonly #dependents = new Map<string, Map<string, Place>>();
  readonly #waiting = new Map<string, Place>();

  take(bucket: string, { type, key, current, previous }: Pick<StoreEvent, "type" | "key" | "current" | "previous">): void {
    for (const { uid } of previous?.object.metadata.ownerReferences ?? []) this.#forget(uid, bucket, key);
    if (previous !== null && waits(previous.object.metadata)) this.#waiting.delete(previous.object.metadata.uid ?? "");
    if (type === "DELETED") return;
    const { metadata } = current.object;
    for (const { uid } of metadata.ownerReferences ?? []) {
      let places = this.#dependents.get(uid);
      if (places === undefined) this.#dependents.set(uid, (places = new Map()));
      places.set(`${bucket} ${key}`, { bucket, key });
    }
    if (waits(metadata)) this.#waiting.set(metadata.uid ?? "", { bucket, key });
  }

  dependentsOf(uid: string): readonly Place[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  /** The object with this uid, if it waits for its dependents. */
  waitingOwner(uid: string): Place | undefined {
    return this.#waiting.get(uid);
  }

  #forget(uid: string, bucket: string, key: string): void {
    const places = this.#dependents.get(uid);
    places?.delete(`${bucket} ${key}`);
    if (places?.size === 0) this.#dependents.delete(uid);
  }
}

function waits({ finalizers }: { readonly finalizers?: readonly string[] }): boolean {
  return finalizers?.includes(FOREGROUND_FINALIZER) ?? false;
}
