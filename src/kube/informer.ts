import { Backoff, type BackoffOptions } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { type Random, systemRandom } from "../lib/random.ts";
import { keyOf, type KubeObject } from "../model/object.ts";
import type { KindRef, KubeClient, WatchEvent } from "./contract.ts";
import { isGone } from "./error.ts";

export interface InformerEvent<T extends KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
  /** What was known before; undefined for ADDED. */
  readonly previous: T | undefined;
}

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly kind: KindRef;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly clock: Clock;
  readonly backoff?: BackoffOptions;
  readonly random?: Random;
  /** After `items` has changed. Must not throw. */
  onEvent(event: InformerEvent<T>): void;
  /** After every full list, the first included: `items` is what the server has. */
  onSynced?(): void;
  /** Why the connection is away; it is tried again by itself. */
  onError?(error: unknown): void;
}

export interface Informer<T extends KubeObject> {
  /** `namespace/name` (or `name`) → the newest state known. Its objects must not be changed. */
  readonly items: ReadonlyMap<string, T>;
  /** True from the first full list on. */
  readonly synced: boolean;
  start(): void;
  /** Resolves when nothing is called any more. */
  stop(): Promise<void>;
}

export const INFORMER_BACKOFF: BackoffOptions = Object.freeze({ initialMs: 50, maxMs: 2_000 });

/**
 * Keeps a copy of a collection: one list, then a watch that is taken up where it stopped. A lost
 * connection is tried again with back-off; forgotten history (410) leads to a new list. Events that come
 * twice or late change nothing: an older state never replaces a newer one, and a listed object that is
 * missing from the next list is DELETED.
 */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, kind, clock, namespace, labelSelector } = options;
  const items = new Map<string, T>();
  const backoff = new Backoff(options.backoff ?? INFORMER_BACKOFF, options.random ?? systemRandom);
  const abort = new AbortController();
  const scope = { namespace, labelSelector, signal: abort.signal };
  /** Newest revision seen of each deleted object: a late event must not bring it back. Emptied by every list. */
  const graves = new Map<string, number>();
  let synced = false;
  let running: Promise<void> | null = null;
  /** Where the next watch begins; null: only a list can tell. */
  let resourceVersion: string | null = null;

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        if (resourceVersion === null) await relist();
        await follow();
      } catch (error) {
        if (abort.signal.aborted) return;
        if (isGone(error)) resourceVersion = null;
        else options.onError?.(error);
        await pause(clock, backoff.nextMs(), abort.signal);
      }
    }
  }

  async function relist(): Promise<void> {
    const list = await client.list<T>(kind, scope);
    if (abort.signal.aborted) return;
    const listed = new Set<string>();
    graves.clear();
    for (const object of list.items) {
      listed.add(keyOf(object));
      // What the server has now is the truth, even where its revisions began anew.
      set(object);
    }
    for (const [key, previous] of items) {
      if (listed.has(key)) continue;
      items.delete(key);
      options.onEvent({ type: "DELETED", object: previous, previous });
    }
    resourceVersion = list.resourceVersion;
    synced = true;
    backoff.reset();
    options.onSynced?.();
  }

  async function follow(): Promise<void> {
    for await (const event of client.watch<T>(kind, resourceVersion ?? "", scope)) {
      if (abort.signal.aborted) return;
      backoff.reset();
      take(event);
      if (event.object.metadata.resourceVersion) resourceVersion = newer(resourceVersion, event.object.metadata.resourceVersion);
    }
    // The server ends watches from time to time; at once again, but never in a busy loop.
    if (!abort.signal.aborted) await pause(clock, backoff.nextMs(), abort.signal);
  }

  function take({ type, object }: WatchEvent<T>): void {
    if (type === "BOOKMARK") return;
    const key = keyOf(object);
    const revision = revisionOf(object);
    const known = items.get(key);
    if (revision <= Math.max(known === undefined ? -1 : revisionOf(known), graves.get(key) ?? -1)) return;
    if (type !== "DELETED") return set(object);
    if (Number.isFinite(revision)) graves.set(key, revision);
    if (graves.size > MAX_GRAVES) graves.delete(graves.keys().next().value as string);
    if (known === undefined) return;
    items.delete(key);
    options.onEvent({ type, object, previous: known });
  }

  function set(object: T): void {
    const key = keyOf(object);
    const previous = items.get(key);
    if (previous !== undefined && previous.metadata.resourceVersion === object.metadata.resourceVersion) return;
    items.set(key, object);
    options.onEvent({ type: previous === undefined ? "ADDED" : "MODIFIED", object, previous });
  }

  return {
    items,
    get synced() {
      return synced;
    },
    start() {
      running ??= run();
    },
    async stop() {
      abort.abort();
      await running;
    },
  };
}

/** More deletions than this between two lists are not remembered: late events of the oldest could bring them back until the next list. */
const MAX_GRAVES = 10_000;

/** Revisions are compared as numbers, which those of every known server are; others (NaN) always count as new. */
function revisionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion);
}

function newer(left: string | null, right: string): string {
  return left !== null && Number(left) > Number(right) ? left : right;
}

/** Waits, but not beyond an abort. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimer(done, delayMs);
    signal.addEventListener("abort", done);
  });
}
