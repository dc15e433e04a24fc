import type { ServerResponse } from "node:http";
import { HttpError } from "../../http.ts";
import type { ApiContext } from "../context.ts";
import { type ListOptions, parseListOptions } from "../list-options.ts";
import type { Negotiated } from "../negotiate.ts";
import type { ResourceRequest } from "../request.ts";
import { LineCache } from "./watch-lines.ts";
import { WatchStream, type StreamLimits } from "./watch-stream.ts";

export interface WatchLimits extends StreamLimits {
  readonly maxWatchers: number;
}

export const WATCH_LIMITS: WatchLimits = Object.freeze({
  maxWatchers: 2000,
  maxBufferedBytes: 128 * 1024,
  bookmarkMs: 60_000,
  minTimeoutMs: 30 * 60_000,
  farewellMs: 5_000,
});

/** Open watches of the server: their number is bounded, and closing ends them all. */
export class Watches {
  readonly #open = new Set<WatchStream>();
  readonly #lines = new LineCache();
  readonly #api: ApiContext;
  readonly #limits: WatchLimits;

  constructor(api: ApiContext, limits: WatchLimits) {
    this.#api = api;
    this.#limits = limits;
  }

  /** Watches that are open now. */
  get open(): number {
    return this.#open.size;
  }

  /** Answers with a stream of events. Throws before anything is sent when the watch cannot be. */
  start(request: ResourceRequest, response: ServerResponse, wanted: Negotiated): void {
    if (this.#open.size >= this.#limits.maxWatchers)
      throw new HttpError(429, "TooManyRequests", "too many watches are open", { retryAfterSeconds: 1 });
    const options: ListOptions = parseListOptions(request.query, true);
    const stream = new WatchStream(this.#api, this.#limits, this.#lines, { request, response, wanted, options });
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
