import type { KubeObject } from "../../../model/object.ts";
import { HttpError } from "../../http.ts";
import type { Bucket } from "./bucket.ts";
import type { Stored, StoreEvent, Transaction } from "./contract.ts";
import { keyOfStored } from "./list-at.ts";
import { OwnerIndex, type Place } from "./owner-index.ts";

/** As etcd has it. Patches can make objects larger than any body. */
export const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/** A change that is decided but not yet on disk. */
export interface Change {
  readonly bucket: string;
  readonly event: StoreEvent;
}

/**
 * Writes of one batch on their way to the disk: each sees those before it, and one that throws leaves
 * nothing. Nothing of this is visible to readers.
 */
export class StagedWrites {
  readonly changes: Change[] = [];
  readonly #buckets: ReadonlyMap<string, Bucket>;
  /** bucket → key → state in this batch; null when removed. */
  readonly #staged = new Map<string, Map<string, Stored | null>>();
  readonly #owners: OwnerIndex;
  readonly #stagedOwners = new OwnerIndex();
  #revision: number;
  /** Of what is judged only: it keeps the resourceVersion it had. */
  #dry = false;

  constructor(buckets: ReadonlyMap<string, Bucket>, owners: OwnerIndex, revision: number) {
    this.#buckets = buckets;
    this.#owners = owners;
    this.#revision = revision;
  }

  /** Revision of the last change. */
  get revision(): number {
    return this.#revision;
  }

  /** Runs one write; with `keep` false its changes are thrown away afterwards. Throws what `operation` throws, without a trace. */
  run<T>(operation: (transaction: Transaction) => T, keep: boolean): T {
    const mark = this.changes.length;
    const revision = this.#revision;
    this.#dry = !keep;
    try {
      const result = operation(this.#transaction());
      if (!keep) this.#rollBack(mark, revision);
      return result;
    } catch (error) {
      this.#rollBack(mark, revision);
      throw error;
    }
  }

  #transaction(): Transaction {
    return {
      get: (bucket, key) => this.#get(bucket, key),
      list: (bucket, prefix = "") => this.#list(bucket, prefix),
      buckets: () => [...new Set([...this.#buckets.keys(), ...this.#staged.keys()])],
      put: (bucket, key, object) => this.#put(bucket, key, object),
      remove: (bucket, key) => this.#remove(bucket, key),
      dependentsOf: (uid) => this.#dependentsOf(uid),
      waitingOwner: (uid) => this.#stagedOwners.waitingOwner(uid) ?? this.#owners.waitingOwner(uid),
    };
  }

  #get(bucket: string, key: string): Stored | undefined {
    const staged = this.#staged.get(bucket)?.get(key);
    return staged === undefined ? this.#buckets.get(bucket)?.items.get(key) : (staged ?? undefined);
  }

  #list(bucket: string, prefix: string): readonly Stored[] {
    const committed = this.#buckets.get(bucket)?.list(prefix) ?? [];
    const staged = this.#staged.get(bucket);
    if (staged === undefined) return committed;
    const merged = new Map(committed.map((stored) => [keyOfStored(stored), stored]));
    for (const [key, stored] of staged) {
      if (!key.startsWith(prefix)) continue;
      if (stored === null) merged.delete(key);
      else merged.set(key, stored);
    }
    return [...merged.keys()].sort().map((key) => merged.get(key) as Stored);
  }

  #put(bucket: string, key: string, object: KubeObject): Stored {
    const previous = this.#get(bucket, key) ?? null;
    const current = this.#stamp(object, previous?.object);
    this.#record(bucket, { type: previous === null ? "ADDED" : "MODIFIED", revision: current.revision, key, current, previous });
    return current;
  }

  #remove(bucket: string, key: string): Stored | undefined {
    const previous = this.#get(bucket, key);
    if (previous === undefined) return undefined;
    const current = this.#stamp(previous.object, previous.object);
    this.#record(bucket, { type: "DELETED", revision: current.revision, key, current, previous });
    return current;
  }

  #dependentsOf(uid: string): readonly Place[] {
    const places = new Map(
      [...this.#owners.dependentsOf(uid), ...this.#stagedOwners.dependentsOf(uid)].map((place) => [JSON.stringify(place), place]),
    );
    return [...places.values()].filter(({ bucket, key }) =>
      this.#get(bucket, key)?.object.metadata.ownerReferences?.some((owner) => owner.uid === uid),
    );
  }

  #stamp(object: KubeObject, previous: KubeObject | undefined): Stored {
    this.#revision += 1;
    const { resourceVersion: _, ...metadata } = object.metadata;
    const resourceVersion = this.#dry ? previous?.metadata.resourceVersion : String(this.#revision);
    const stamped = { ...object, metadata: { ...metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
    const json = JSON.stringify(stamped);
    if (json.length > MAX_OBJECT_BYTES / 4 && Buffer.byteLength(json) > MAX_OBJECT_BYTES) {
      throw new HttpError(413, "RequestEntityTooLarge", `the object would have over ${MAX_OBJECT_BYTES} bytes`);
    }
    return { object: stamped, revision: this.#revision, json };
  }

  #record(bucket: string, event: StoreEvent): void {
    this.changes.push({ bucket, event });
    this.#stagedOwners.take(bucket, event);
    let staged = this.#staged.get(bucket);
    if (staged === undefined) this.#staged.set(bucket, (staged = new Map()));
    staged.set(event.key, event.type === "DELETED" ? null : event.current);
  }

  #rollBack(mark: number, revision: number): void {
    for (const { bucket, event } of this.changes.splice(mark).toReversed()) {
      this.#staged.get(bucket)?.set(event.key, event.previous);
    }
    this.#revision = revision;
  }
}
