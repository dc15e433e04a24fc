import type { ServerResponse } from "node:http";
import type { Timer } from "../../../lib/clock.ts";
import { formatApiVersion } from "../../../model/api-version.ts";
import { HttpError } from "../../http.ts";
import { presentationOf } from "../answer.ts";
import type { ApiContext } from "../context.ts";
import type { Negotiated } from "../negotiate.ts";
import { type Presentation, presentObject } from "../present.ts";
import { bucketOf, type ResourceRequest } from "../request.ts";
import { sameRow } from "../same-row.ts";
import { type Selector, selectorOf } from "../selectors.ts";
import { badRequest, expired } from "../status.ts";
import type { Stored, StoreEvent } from "../store/contract.ts";

export interface WatchLimits {
  readonly maxWatchers: number;
  /** Events a watcher may be behind; one that is slower is cut and lists again. */
  readonly maxQueued: number;
  /** Bytes given to the socket and not yet taken by it, before events wait in the queue. */
  readonly maxBufferedBytes: number;
  readonly bookmarkMs: number;
  /** Without timeoutSeconds a watch ends after between one and two of these. */
  readonly minTimeoutMs: number;
}

export const WATCH_LIMITS: WatchLimits = Object.freeze({
  maxWatchers: 2000,
  maxQueued: 1000,
  maxBufferedBytes: 1024 * 1024,
  bookmarkMs: 60_000,
  minTimeoutMs: 30 * 60_000,
});

interface Item {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly stored: Stored;
}

/** Open watches of the server: their number is bounded, and closing ends them all. */
export class Watches {
  readonly #open = new Set<WatchStream>();
  readonly #api: ApiContext;
  readonly #limits: WatchLimits;

  constructor(api: ApiContext, limits: WatchLimits) {
    this.#api = api;
    this.#limits = limits;
  }

  /** Answers with a stream of events. Throws before anything is sent when the watch cannot be. */
  start(request: ResourceRequest, response: ServerResponse, wanted: Negotiated): void {
    if (this.#open.size >= this.#limits.maxWatchers)
      throw new HttpError(429, "TooManyRequests", "too many watches are open", { retryAfterSeconds: 1 });
    const stream = new WatchStream(this.#api, this.#limits, request, response, wanted);
    this.#open.add(stream);
    response.on("close", () => {
      this.#open.delete(stream);
      stream.end();
    });
    stream.begin();
  }

  close(): void {
    for (const stream of this.#open) stream.end();
  }
}

/** One watch: where it stands, what it has still to send. */
class WatchStream {
  readonly #api: ApiContext;
  readonly #limits: WatchLimits;
  readonly #request: ResourceRequest;
  readonly #response: ServerResponse;
  readonly #wanted: Negotiated;
  readonly #selector: Selector;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #bookmarks: boolean;
  /** A table: states that look the same are passed over. */
  readonly #showsRows: boolean;
  /** The state it begins with, not counted as being behind. */
  #initial: readonly Item[];
  #initialSent = 0;
  readonly #initialRevision: number;
  #markInitialEnd: boolean;
  #queue: Item[] = [];
  #columnsSent = false;
  #timers: Timer[] = [];
  #unsubscribe: () => void = () => {};
  #ended = false;

  constructor(api: ApiContext, limits: WatchLimits, request: ResourceRequest, response: ServerResponse, wanted: Negotiated) {
    const { query, kind, namespace, name } = request;
    this.#api = api;
    this.#limits = limits;
    this.#request = request;
    this.#response = response;
    this.#wanted = wanted;
    const selector = selectorOf(kind, query);
    this.#selector = name === undefined ? selector : (object) => object.metadata.name === name && selector(object);
    this.#prefix = namespace === undefined ? "" : `${namespace}/`;
    this.#bookmarks = query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1";
    const seconds = Number(query.get("timeoutSeconds") ?? 0);
    if (!(seconds >= 0)) throw badRequest("timeoutSeconds must be a number");
    this.#timeoutMs = seconds > 0 ? seconds * 1000 : limits.minTimeoutMs * (1 + api.random());
    this.#showsRows = wanted.as === "Table" && query.get("includeObject") !== "Object";
    const initialEvents = query.get("sendInitialEvents") === "true";
    this.#markInitialEnd = initialEvents && this.#bookmarks;
    this.#initialRevision = api.store.revision;
    this.#initial = initialEvents ? this.#everything() : this.#since(query.get("resourceVersion") ?? "", bucketOf(kind));
  }

  begin(): void {
    const { clock } = this.#api;
    // A client waits for the head before it believes that the watch stands.
    this.#response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, private" });
    this.#response.flushHeaders();
    this.#response.on("drain", () => this.#pump());
    this.#unsubscribe = this.#api.store.subscribe(bucketOf(this.#request.kind), (event) => this.#take(event));
    this.#timers.push(clock.setTimer(() => this.#finish(), this.#timeoutMs, { unref: true }));
    if (this.#bookmarks) this.#scheduleBookmark();
    this.#pump();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsubscribe();
    for (const timer of this.#timers) timer.cancel();
    this.#response.end();
  }

  #everything(): Item[] {
    return this.#api.store
      .list(bucketOf(this.#request.kind), this.#prefix)
      .filter(({ object }) => this.#selector(object))
      .map((stored): Item => ({ type: "ADDED", stored }));
  }

  /** After `resourceVersion`; absent and 0 mean the present state first. */
  #since(resourceVersion: string, bucket: string): Item[] {
    if (resourceVersion === "" || resourceVersion === "0") return this.#everything();
    if (!/^\d{1,15}$/.test(resourceVersion)) throw badRequest(`resourceVersion "${resourceVersion}" is not a number`);
    const events = this.#api.store.since(bucket, Number(resourceVersion));
    if (events === null) throw expired(`too old resource version: ${resourceVersion} (${this.#api.store.revision})`);
    return events.flatMap((event) => this.#itemOf(event) ?? []);
  }

  #take(event: StoreEvent): void {
    const item = this.#itemOf(event);
    if (item === null || this.#ended) return;
    this.#queue.push(item);
    if (this.#queue.length > this.#limits.maxQueued) {
      // Ending gently would keep all of this until it has read it.
      this.#response.destroy();
      return;
    }
    this.#pump();
  }

  /** What an event means to somebody who sees only what the selectors want. */
  #itemOf({ type, key, current, previous }: StoreEvent): Item | null {
    if (!key.startsWith(this.#prefix)) return null;
    const before = previous !== null && this.#selector(previous.object);
    const now = type !== "DELETED" && this.#selector(current.object);
    // Who takes the objects themselves along wants every state of them.
    if (now && before && this.#showsRows && sameRow(this.#request.kind, previous.object, current.object)) return null;
    if (now) return { type: before ? "MODIFIED" : "ADDED", stored: current };
    return before ? { type: "DELETED", stored: current } : null;
  }

  /** Sends until the socket has enough. */
  #pump(): void {
    while (!this.#ended && this.#response.writableLength < this.#limits.maxBufferedBytes) {
      const item = this.#initial[this.#initialSent];
      if (item !== undefined) {
        this.#initialSent += 1;
        this.#send(item);
        continue;
      }
      this.#initial = [];
      if (this.#markInitialEnd) {
        this.#markInitialEnd = false;
        this.#sendBookmark(this.#initialRevision, { annotations: { "k8s.io/initial-events-end": "true" } });
      }
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#send(next);
    }
  }

  #send({ type, stored }: Item): void {
    const { kind, version } = this.#request;
    this.#line(type, presentObject(kind, version, stored, this.#presentation()));
  }

  #presentation(): Presentation {
    const form = presentationOf(this.#request, this.#wanted, this.#api.clock.nowMs());
    if (form.as !== "Table") return form;
    const options = { ...form.options, withColumns: !this.#columnsSent };
    this.#columnsSent = true;
    return { as: "Table", options };
  }

  #scheduleBookmark(): void {
    const timer = this.#api.clock.setTimer(
      () => {
        // Behind, it may not say that it is not.
        if (this.#isCurrent()) this.#sendBookmark(this.#api.store.revision);
        this.#timers = this.#timers.filter((other) => other !== timer);
        if (!this.#ended) this.#scheduleBookmark();
      },
      this.#limits.bookmarkMs,
      { unref: true },
    );
    this.#timers.push(timer);
  }

  #isCurrent(): boolean {
    return this.#initial.length === 0 && this.#queue.length === 0;
  }

  #sendBookmark(revision: number, more: object = {}): void {
    const { kind, version } = this.#request;
    const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...more };
    if (this.#wanted.as === "Table") {
      return this.#line(
        "BOOKMARK",
        JSON.stringify({ kind: "Table", apiVersion: `meta.k8s.io/${this.#wanted.version}`, metadata, columnDefinitions: [], rows: [] }),
      );
    }
    this.#line("BOOKMARK", JSON.stringify({ kind: kind.kind, apiVersion: formatApiVersion(kind.group, version), metadata }));
  }

  #finish(): void {
    if (this.#bookmarks && !this.#ended && this.#isCurrent()) this.#sendBookmark(this.#api.store.revision);
    this.end();
  }

  #line(type: string, objectJson: string): void {
    this.#response.write(`{"type":"${type}","object":${objectJson}}\n`);
  }
}
