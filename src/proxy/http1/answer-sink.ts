import type { ByteWriter } from "./codec/byte-writer.ts";
import type { MessageReader } from "./codec/message-reader.ts";
import { writeLastChunk } from "./codec/write-head.ts";
import { type OwnReply, writeReply } from "./reply.ts";
import type { Wire } from "./wire.ts";
import { type AnswerFraming, writeAnswerHead } from "./write-answer.ts";

/** From this size on, body bytes go to the socket as they are instead of being copied behind a head. */
export const DIRECT_BYTES = 8 * 1_024;
const SCRATCH_BYTES = 32 * 1_024;
/** A scratch that grew beyond this for one read is not kept. */
const MAX_SCRATCH_BYTES = 128 * 1_024;

/**
 * Answers on their way to a client. Head and first body bytes are put together in a scratch all answers
 * of a listener share: what one read brings is written before the next read is looked at.
 */
export class AnswerSink {
  readonly framing: AnswerFraming = {
    http10: false,
    keep: false,
    meshPeer: false,
    chunked: false,
    reason: "",
    policy: "",
  };
  readonly #scratch: ByteWriter;

  constructor(scratch: ByteWriter) {
    this.#scratch = scratch;
  }

  head(reader: MessageReader): void {
    this.framing.reason = "";
    this.framing.policy = "";
    this.#scratch.reset();
    writeAnswerHead(this.#scratch, reader, this.framing);
  }

  /** `retainable`: the bytes stay as they are. */
  data(wire: Wire, bytes: Buffer, start: number, end: number, retainable: boolean): void {
    const scratch = this.#scratch;
    const { chunked } = this.framing;
    if (chunked) scratch.chunkLine(end - start);
    if (retainable && end - start >= DIRECT_BYTES) {
      this.flush(wire);
      wire.write(bytes, start, end);
    } else {
      scratch.span(bytes, start, end);
    }
    if (chunked) scratch.crlf();
  }

  end(wire: Wire, reader: MessageReader): void {
    if (this.framing.chunked) writeLastChunk(this.#scratch, reader.trailers);
    this.flush(wire);
  }

  reply(wire: Wire, reply: OwnReply): void {
    this.#scratch.reset();
    writeReply(this.#scratch, reply);
    this.flush(wire);
  }

  text(wire: Wire, text: string): void {
    this.#scratch.reset();
    this.#scratch.text(text);
    this.flush(wire);
  }

  flush(wire: Wire): void {
    const scratch = this.#scratch;
    if (scratch.length === 0) return;
    const free = wire.write(scratch.bytes, 0, scratch.length);
    if (free && scratch.bytes.length <= MAX_SCRATCH_BYTES) scratch.reset();
    else scratch.abandon(SCRATCH_BYTES);
  }
}
