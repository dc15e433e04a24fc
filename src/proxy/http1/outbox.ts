import type { Wire } from "../wire.ts";
import { ByteWriter } from "./codec/byte-writer.ts";

/** From this size on, body bytes go to the socket as they are instead of being copied behind a head. */
const DIRECT_BYTES = 8 * 1_024;
const SCRATCH_BYTES = 32 * 1_024;
/** A scratch that grew beyond this for one read is not kept. */
const MAX_SCRATCH_BYTES = 128 * 1_024;

/**
 * Where messages for HTTP/1 connections are put together: head and first body bytes leave in one write. All
 * connections of a proxy share its memory: what one read brings is written before the next read is looked at.
 */
export class Outbox {
  readonly #scratch = new ByteWriter(SCRATCH_BYTES);
  #wire: Wire | null = null;

  /** To be written to, for `wire`. What was left for another wire leaves first. */
  of(wire: Wire): ByteWriter {
    if (this.#wire !== wire) {
      this.#flush();
      this.#wire = wire;
    }
    return this.#scratch;
  }

  /** Body bytes; `retainable`: they stay as they are. */
  data(wire: Wire, bytes: Buffer, start: number, end: number, retainable: boolean, chunked: boolean): void {
    const scratch = this.of(wire);
    if (chunked) scratch.chunkLine(end - start);
    if (retainable && end - start >= DIRECT_BYTES) {
      this.#flush();
      wire.write(bytes, start, end);
      this.#wire = wire;
    } else {
      scratch.span(bytes, start, end);
    }
    if (chunked) scratch.crlf();
  }

  /** What is there for `wire` leaves. */
  flush(wire: Wire): void {
    if (this.#wire === wire) this.#flush();
  }

  /** What is there for `wire` is not sent. */
  drop(wire: Wire): void {
    if (this.#wire !== wire) return;
    this.#wire = null;
    this.#scratch.reset();
  }

  #flush(): void {
    const scratch = this.#scratch;
    const wire = this.#wire;
    this.#wire = null;
    if (scratch.length === 0 || wire === null) return;
    const free = wire.write(scratch.bytes, 0, scratch.length);
    if (free && scratch.bytes.length <= MAX_SCRATCH_BYTES) scratch.reset();
    else scratch.abandon(SCRATCH_BYTES);
  }
}
