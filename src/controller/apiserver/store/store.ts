import { messageOf } from "../../../lib/errors.ts";
import { HttpError } from "../../http.ts";
import { Bucket } from "./bucket.ts";
import type { Store, Transaction } from "./contract.ts";
import { type Disk, openDisk } from "./disk.ts";
import type { RingLimits } from "./event-ring.ts";
import { OwnerIndex } from "./owner-index.ts";
import { StagedWrites } from "./staged.ts";

export interface StoreLimits {
  /** Of JSON text in the whole store; writes that would pass it are refused with 507. */
  readonly maxBytes: number;
  /** Writes waiting for the disk; more are refused with 429. */
  readonly maxQueued: number;
  /** History of each kind for watchers that reconnect. */
  readonly ring: RingLimits;
}

export const STORE_LIMITS: StoreLimits = Object.freeze({
  maxBytes: 512 * 1024 * 1024,
  maxQueued: 10_000,
  ring: Object.freeze({ maxEvents: 2048, maxBytes: 16 * 1024 * 1024 }),
});

/** Writes of one commit. More share fewer syncs; fewer keep the event loop free. */
const MAX_BATCH = 256;

interface Waiting {
  readonly operation: (transaction: Transaction) => unknown;
  readonly dryRun: boolean;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Opens the embedded resource store in `directory`. It is a single-machine, single-process store. */
export async function openStore(directory: string, limits: StoreLimits = STORE_LIMITS): Promise<Store> {
  return createStore(await openDisk(directory), limits);
}

/** The store above any {@link Disk}. */
export function createStore(disk: Disk, limits: StoreLimits = STORE_LIMITS): Store {
  const loaded = disk.load();
  const buckets = new Map<string, Bucket>();
  let revision = loaded.revision;
  let bytes = 0;
  const owners = new OwnerIndex();
  const bucketOf = (name: string): Bucket => {
    let bucket = buckets.get(name);
    if (bucket === undefined) buckets.set(name, (bucket = new Bucket(limits.ring, loaded.bucketRevisions.get(name) ?? 0)));
    return bucket;
  };
  for (const { bucket, key, stored } of loaded.objects) {
    bucketOf(bucket).items.set(key, stored);
    owners.take(bucket, { type: "ADDED", key, current: stored, previous: null });
    bytes += stored.json.length;
  }

  const queue: Waiting[] = [];
  let draining: Promise<void> | null = null;
  let closed = false;

  /** Takes what waits, decides it in order, and answers all of it after one commit. */
  async function drain(): Promise<void> {
    // Writes of the same turn join the first batch, and `draining` is set before it can be cleared.
    await Promise.resolve();
    while (queue.length > 0) {
      const staged = new StagedWrites(buckets, owners, revision);
      const answers: (() => void)[] = [];
      const committed: ((error: unknown) => void)[] = [];
      for (const waiting of queue.splice(0, MAX_BATCH)) {
        try {
          const result = staged.run(waiting.operation, !waiting.dryRun);
          answers.push(() => waiting.resolve(result));
          committed.push(waiting.reject);
        } catch (error) {
          answers.push(() => waiting.reject(error));
        }
      }
      if (staged.changes.length > 0) {
        const growth = staged.changes.reduce((sum, { event }) => sum + sizeOf(event.type, event.current.json, event.previous?.json), 0);
        try {
          if (growth > 0 && bytes + growth > limits.maxBytes) {
            throw new HttpError(507, "InsufficientStorage", `the resource store is full: ${limits.maxBytes} bytes`);
          }
          await disk.commit(staged.changes, staged.revision);
        } catch (error) {
          // Nothing of this batch counts; readers never saw it.
          const refusal =
            error instanceof HttpError
              ? error
              : new HttpError(500, "InternalError", `the write did not reach the disk: ${messageOf(error)}`);
          for (const reject of committed) reject(refusal);
          for (const answer of answers) answer();
          continue;
        }
        bytes += growth;
        revision = staged.revision;
        for (const { bucket, event } of staged.changes) {
          owners.take(bucket, event);
          bucketOf(bucket).apply(event);
        }
      }
      for (const answer of answers) answer();
    }
    draining = null;
  }

  return {
    get revision() {
      return revision;
    },
    get: (bucket, key) => buckets.get(bucket)?.items.get(key),
    list: (bucket, prefix = "") => buckets.get(bucket)?.list(prefix) ?? [],
    write<T>(operation: (transaction: Transaction) => T, options: { readonly dryRun?: boolean } = {}): Promise<T> {
      if (closed) return Promise.reject(new HttpError(503, "ServiceUnavailable", "the resource store is closing"));
      if (queue.length >= limits.maxQueued) {
        return Promise.reject(new HttpError(429, "TooManyRequests", "too many writes are waiting for the disk", { retryAfterSeconds: 1 }));
      }
      return new Promise<T>((resolve, reject) => {
        queue.push({ operation, dryRun: options.dryRun ?? false, resolve: (result) => resolve(result as T), reject });
        draining ??= drain();
      });
    },
    // A revision from the future belongs to another store: only a new list can help that client.
    since: (bucket, from) => (from > revision ? null : bucketOf(bucket).ring.since(from)),
    remembers: (bucket, from) => from <= revision && bucketOf(bucket).ring.remembers(from),
    subscribe(bucket, listener) {
      const { listeners } = bucketOf(bucket);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closed = true;
      // Nothing joins the queue any more, so this is the last of it.
      await draining;
      await disk.close();
    },
  };
}

function sizeOf(type: string, current: string, previous: string | undefined): number {
  return (type === "DELETED" ? 0 : current.length) - (previous?.length ?? 0);
}
