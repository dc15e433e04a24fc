import type { Core } from "./core.ts";
import { FAILURE } from "./failure.ts";
import { INITIAL_WINDOW } from "./frame.ts";
import type { Http2Stream } from "./stream.ts";
import { writeWindowUpdate } from "./write-frame.ts";

/**
 * What the peer may send (RFC 9113 5.2). The connection's credit returns when bytes are handed over, a stream's
 * when they are consumed: a reader that stalls stops its own stream and no other.
 */
export class ReceiveFlow {
  readonly #core: Core;
  /** Bytes the peer may send on all streams together. */
  #window: number;
  #credit = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#window = core.limits.connectionWindow;
  }

  /** Raises the connection's window from what it is by definition (RFC 9113 6.9.2). */
  begin(): void {
    const more = this.#core.limits.connectionWindow - INITIAL_WINDOW;
    if (more > 0) writeWindowUpdate(this.#core.out, 0, more);
  }

  /** A DATA frame of `bytes`, padding included, has begun. False: the connection has failed. */
  charge(bytes: number): boolean {
    if (bytes > this.#window) {
      this.#core.fail(FAILURE.windowExceeded);
      return false;
    }
    this.#window -= bytes;
    return true;
  }

  /** All of it has been handed over, or dropped. */
  handedOver(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit * 2 < this.#core.limits.connectionWindow) return;
    const credit = this.#credit;
    this.#credit = 0;
    this.#window += credit;
    this.#core.returnCredit(0, credit);
  }

  /** The owner has done with `bytes` of a stream. */
  consume(stream: Http2Stream, bytes: number): void {
    if (stream.remoteEnded) return;
    stream.credit += bytes;
    if (stream.credit * 2 < this.#core.limits.streamWindow) return;
    const { credit } = stream;
    stream.credit = 0;
    stream.receiveWindow += credit;
    this.#core.returnCredit(stream.id, credit);
  }
}
