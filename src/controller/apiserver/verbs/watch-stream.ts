import type { ServerResponse } from "node:http";
import type { Timer } from "../../../lib/clock.ts";
import type { HttpError } from "../../http.ts";
import type { ApiContext } from "../context.ts";
import type { ListOptions } from "../list-options.ts";
import type { Negotiated } from "../negotiate.ts";
import { bucketOf, type ResourceRequest } from "../request.ts";
import { sameRow } from "../same-row.ts";
import { type Selector, selectorOf } from "../selectors.ts";
import { expired, tooLargeResourceVersion } from "../status.ts";
import type { Stored, StoreEvent } from "../store/contract.ts";
import { type ChangeType, type LineCache, WatchLines } from "./watch-lines.ts";

export interface StreamLimits {
  /** Bytes given to the socket and not yet taken by it; further events stay in the store's history, and nowhere else. */
  readonly maxBufferedBytes: number;
  readonly bookmarkMs: number;
  /** Without timeoutSeconds a watch ends after between one and two of these. */
  readonly minTimeoutMs: number;
  /** A watch that is ended for being slow has so long to read why. */
  readonly farewellMs: number;
}

export interface WatchCall {
  readonly request: ResourceRequest;
  readonly response: ServerResponse;
  readonly wanted: Negotiated;
  readonly options: ListOptions;
}

/**
 * One watch: where it stands in the history of its bucket. It keeps no events of its own: one that is so slow
 * that the history forgets what it has not sent yet is told 410 and ended, and lists again.
 */
export class WatchStream {
  readonly #api: ApiContext;
  readonly #limits: StreamLimits;
  readonly #request: ResourceRequest;
  readonly #response: ServerResponse;
  readonly #options: ListOptions;
  readonly #lines: WatchLines;
  readonly #bucket: string;
  readonly #selector: Selector;
  readonly #prefix: string;
  /** A table: states that look the same are passed over. */
  readonly #showsRows: boolean;
  /** The state it begins with. */
  #initial: readonly Stored[] = [];
  #initialSent = 0;
  #initialEnd: number | null = null;
  /** Events up to here are sent or of no interest. */
  #cursor: number;
  /** Why there can be no watch: told as its only event, as API servers do. */
  readonly #failure: HttpError | null;
  #timers: Timer[] = [];
  #unsubscribe: () => void = () => {};
  #ended = false;

  constructor(api: ApiContext, limits: StreamLimits, cache: LineCache, { request, response, wanted, options }: WatchCall) {
    const { query, kind, namespace, name } = request;
    this.#api = api;
    this.#limits = limits;
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#lines = new WatchLines(request, wanted, cache);
    this.#bucket = bucketOf(kind);
    const selector = selectorOf(kind, query);
    this.#selector = name === undefined ? selector : (object) => object.metadata.name === name && selector(object);
    this.#prefix = namespace === undefined ? "" : `${namespace}/`;
    this.#showsRows = wanted.as === "Table" && query.get("includeObject") !== "Object";
    const { store } = api;
    const asked = options.resourceVersion;
    this.#cursor = store.revision;
    this.#failure = asked !== null && asked > store.revision ? tooLargeResourceVersion(asked, store.revision) : null;
    if (this.#failure !== null) return;
    // Absent and 0 mean the present state first.
    if (options.sendInitialEvents ?? !asked) {
      this.#initial = store.list(this.#bucket, this.#prefix).filter(({ object }) => this.#selector(object));
      if (options.sendInitialEvents === true && options.bookmarks) this.#initialEnd = store.revision;
    } else if (asked) {
      this.#cursor = asked;
      if (!store.remembers(this.#bucket, asked)) this.#failure = expired(`too old resource version: ${asked} (${store.revision})`);
    }
  }

  begin(): void {
    const { clock, random } = this.#api;
    // A client waits for the head before it believes that the watch stands.
    this.#response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, private" });
    this.#response.flushHeaders();
    if (this.#failure !== null) return this.#fail(this.#failure);
    this.#response.on("drain", () => this.#pump());
    this.#unsubscribe = this.#api.store.subscribe(this.#bucket, () => this.#pump());
    const { timeoutSeconds, bookmarks } = this.#options;
    const timeoutMs = timeoutSeconds > 0 ? Math.min(timeoutSeconds * 1000, MAX_TIMEOUT_MS) : this.#limits.minTimeoutMs * (1 + random());
    this.#timers.push(clock.setTimer(() => this.#finish(), timeoutMs, { unref: true }));
    if (bookmarks) this.#scheduleBookmark();
    this.#pump();
  }

  end(): void {
    if (this.#ended) return;
    this.#stop();
    this.#response.end();
  }

  #stop(): void {
    this.#ended = true;
    this.#initial = [];
    this.#unsubscribe();
    for (const timer of this.#timers) timer.cancel();
  }

  /** Sends until the socket has enough. */
  #pump(): void {
    while (this.#hasRoom() && this.#initialSent < this.#initial.length) {
      this.#send("ADDED", this.#initial[this.#initialSent] as Stored);
      this.#initialSent += 1;
    }
    if (!this.#hasRoom()) return this.#checkHistory();
    this.#initial = [];
    this.#initialSent = 0;
    if (this.#initialEnd !== null) {
      this.#bookmark(this.#initialEnd, { annotations: { "k8s.io/initial-events-end": "true" } });
      this.#initialEnd = null;
    }
    const events = this.#api.store.since(this.#bucket, this.#cursor);
    if (events === null) return this.#tooSlow();
    for (const event of events) {
      if (!this.#hasRoom()) return;
      this.#cursor = event.revision;
      const type = this.#typeOf(event);
      if (type !== null) this.#send(type, event.current);
    }
  }

  #hasRoom(): boolean {
    // Without a need to drain nobody would call again.
    const { writableNeedDrain, writableLength } = this.#response;
    return !this.#ended && (!writableNeedDrain || writableLength < this.#limits.maxBufferedBytes);
  }

  /** Without room nothing is sent, but the history goes on: what it has forgotten, this watch will never tell. */
  #checkHistory(): void {
    if (!this.#ended && !this.#api.store.remembers(this.#bucket, this.#cursor)) this.#tooSlow();
  }

  #tooSlow(): void {
    this.#fail(expired(`too old resource version: ${this.#cursor} (${this.#api.store.revision}): the watch was read too slowly`));
    // Ending gently would keep what is buffered until somebody reads it.
    const cut = this.#api.clock.setTimer(() => this.#response.destroy(), this.#limits.farewellMs, { unref: true });
    this.#response.on("close", () => cut.cancel());
  }

  #fail(error: HttpError): void {
    this.#stop();
    this.#response.end(this.#lines.failure(error));
  }

  /** What an event means to somebody who sees only what the selectors want; null: nothing. */
  #typeOf({ type, key, current, previous }: StoreEvent): ChangeType | null {
    if (!key.startsWith(this.#prefix)) return null;
    const before = previous !== null && this.#selector(previous.object);
    const now = type !== "DELETED" && this.#selector(current.object);
    // Who takes the objects themselves along wants every state of them.
    if (now && before && this.#showsRows && sameRow(this.#request.kind, previous.object, current.object)) return null;
    if (now) return before ? "MODIFIED" : "ADDED";
    return before ? "DELETED" : null;
  }

  #send(type: ChangeType, stored: Stored): void {
    this.#response.write(this.#lines.change(type, stored, this.#api.clock.nowMs()));
  }

  #bookmark(revision: number, more: object = {}): void {
    this.#response.write(this.#lines.bookmark(revision, more));
  }

  #scheduleBookmark(): void {
    const timer = this.#api.clock.setTimer(
      () => {
        this.#bookmarkIfCurrent();
        this.#timers = this.#timers.filter((other) => other !== timer);
        if (!this.#ended) this.#scheduleBookmark();
      },
      this.#limits.bookmarkMs,
      { unref: true },
    );
    this.#timers.push(timer);
  }

  /** Behind, it may not say that it is not. */
  #bookmarkIfCurrent(): void {
    const { store } = this.#api;
    if (this.#ended || this.#initial.length > 0 || store.since(this.#bucket, this.#cursor)?.length !== 0) return;
    this.#bookmark(store.revision);
  }

  #finish(): void {
    if (this.#options.bookmarks) this.#bookmarkIfCurrent();
    this.end();
  }
}

/** What a timer can hold. */
const MAX_TIMEOUT_MS = 2_147_483_647;
