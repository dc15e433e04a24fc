import type { ClientConnection } from "./client-connection.ts";
import { ByteWriter } from "./codec/byte-writer.ts";

/** Requests up to this size, head included, are kept until they are answered, so that they can be sent again. */
const MAX_REPLAY_BYTES = 64 * 1_024;
const FIRST_BYTES = 2_048;
/** A larger buffer is not kept for the next request. */
const MAX_KEPT_BYTES = 16 * 1_024;

/** A request on its way to an upstream: head and body in one buffer, as far as they fit, sent in one write. */
export class RetainedRequest {
  readonly out = new ByteWriter(FIRST_BYTES);
  /** Everything sent so far is still here. */
  replayable = true;
  #flushed = 0;

  reset(): void {
    this.out.reset();
    this.replayable = true;
    this.#flushed = 0;
  }

  get empty(): boolean {
    return this.out.length === 0;
  }

  /** The next flush sends everything again, to another connection. */
  rewind(): void {
    this.#flushed = 0;
  }

  /** Body bytes of the common read memory, or few: copied behind what is there. */
  append(upstream: ClientConnection, bytes: Buffer, start: number, end: number, chunked: boolean): void {
    const { out } = this;
    if (this.#flushed === out.length && out.length + end - start > MAX_REPLAY_BYTES) this.#forgetSent(upstream);
    if (chunked) out.chunkLine(end - start);
    out.span(bytes, start, end);
    if (chunked) out.crlf();
  }

  /** Body bytes that stay as they are: written from where they stand. From here on nothing can be sent again. */
  passThrough(upstream: ClientConnection, bytes: Buffer, start: number, end: number, chunked: boolean): void {
    const { out } = this;
    if (chunked) out.chunkLine(end - start);
    this.flush(upstream);
    this.#forgetSent(upstream);
    upstream.wire.write(bytes, start, end);
    if (chunked) out.crlf();
  }

  flush(upstream: ClientConnection): void {
    const { length } = this.out;
    if (length === this.#flushed) return;
    upstream.wire.write(this.out.bytes, this.#flushed, length);
    this.#flushed = length;
  }

  #forgetSent(upstream: ClientConnection): void {
    this.replayable = false;
    this.#flushed = 0;
    if (upstream.wire.pending > 0) this.out.abandon(FIRST_BYTES);
    else this.out.reset();
  }

  /** The request is over, its connection may still write from here. */
  leave(upstream: ClientConnection): void {
    if (upstream.wire.pending > 0 || this.out.bytes.length > MAX_KEPT_BYTES) this.out.abandon(FIRST_BYTES);
  }
}
