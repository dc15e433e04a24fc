import type { Core } from "./core.ts";
import { NO_ERROR } from "./error-codes.ts";
import { MAX_STREAM_ID } from "./frame.ts";
import type { Liveness } from "./liveness.ts";
import { writeGoaway } from "./write-frame.ts";

const G_NONE = 0;
/** The peer knows that the end comes; requests it sent before it knew are still taken. */
const G_WARNED = 1;
const G_FINAL = 2;

/** Graceful end (RFC 9113 6.8): a warning, a round trip, the last stream's number, and then only what is under way. */
export class Goodbye {
  readonly #core: Core;
  readonly #liveness: Liveness;
  #state = G_NONE;
  #warnedMs = 0;
  /** The peer has sent GOAWAY. */
  peerLastId = MAX_STREAM_ID;
  peerSaid = false;

  constructor(core: Core, liveness: Liveness) {
    this.#core = core;
    this.#liveness = liveness;
  }

  get begun(): boolean {
    return this.#state !== G_NONE;
  }

  /** Nothing is under way and nothing can come any more. */
  get done(): boolean {
    return this.#state === G_FINAL && this.#core.active === 0;
  }

  begin(): void {
    if (this.#state !== G_NONE || this.#core.failure !== null) return;
    // A server opens no streams, so a client has no late ones to wait for.
    if (!this.#core.server) {
      this.#final();
      return;
    }
    this.#state = G_WARNED;
    this.#warnedMs = this.#core.nowMs;
    writeGoaway(this.#core.out, MAX_STREAM_ID, NO_ERROR, "");
    if (!this.#liveness.probe()) this.#final();
  }

  /** The round trip is over. */
  probed(): void {
    if (this.#state === G_WARNED) this.#final();
  }

  check(): void {
    if (this.#state === G_WARNED && this.#core.nowMs - this.#warnedMs >= this.#core.limits.pingTimeoutMs) this.#final();
  }

  #final(): void {
    this.#state = G_FINAL;
    this.#core.refusing = true;
    writeGoaway(this.#core.out, this.#core.lastAcceptedId, NO_ERROR, "");
  }
}
