import type { KubeObject } from "../../../model/object.ts";
import type { Place } from "./owner-index.ts";

/** One object at one state. Immutable: changing one means writing another. */
export interface Stored {
  readonly object: KubeObject;
  /** metadata.resourceVersion as a number. */
  readonly revision: number;
  /** The object as it is on disk and on the wire. */
  readonly json: string;
}

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** `namespace/name` or `name`. */
  readonly key: string;
  /** The new state; for DELETED the last one, carrying the revision of the deletion. */
  readonly current: Stored;
  readonly previous: Stored | null;
}

/** What a write sees and does: all of it happens, or nothing. */
export interface Transaction {
  get(bucket: string, key: string): Stored | undefined;
  /** In order of keys; `prefix` as in `namespace/`. */
  list(bucket: string, prefix?: string): readonly Stored[];
  /** Every bucket that holds anything. */
  buckets(): readonly string[];
  /** Gives the object the next resourceVersion and keeps it. */
  put(bucket: string, key: string, object: KubeObject): Stored;
  /** The last state under the revision of its deletion. Nothing happens where there is nothing. */
  remove(bucket: string, key: string): Stored | undefined;
  /** Where objects lie whose owner references name this uid. */
  dependentsOf(uid: string): readonly Place[];
  /** Where the object with this uid lies, if it waits for its dependents to go (candidate: look at it). */
  waitingOwner(uid: string): Place | undefined;
}

/**
 * Where resources live: one machine, one process, all of it in memory and on disk. A bucket is
 * `group/plural`, so that every version of a kind shares one.
 */
export interface Store {
  /** resourceVersion of the last acknowledged write. */
  readonly revision: number;
  get(bucket: string, key: string): Stored | undefined;
  list(bucket: string, prefix?: string): readonly Stored[];
  /**
   * Runs `operation` alone, after every write before it, and resolves with its result once what it did
   * is on disk. What it throws rejects the promise, and nothing of it remains. Synchronous: it may be
   * called while others wait. With `dryRun` it is judged and forgotten.
   */
  write<T>(operation: (transaction: Transaction) => T, options?: { readonly dryRun?: boolean }): Promise<T>;
  /** Events of a bucket after `revision`, or null when they are no longer (or not yet) known: the watcher must list again. */
  since(bucket: string, revision: number): readonly StoreEvent[] | null;
  /** True when {@link since} knows every event of the bucket after `revision`. */
  remembers(bucket: string, revision: number): boolean;
  /** Calls `listener` for every event from now on, in order, after it is on disk. Returns the end of it. */
  subscribe(bucket: string, listener: (event: StoreEvent) => void): () => void;
  close(): Promise<void>;
}
