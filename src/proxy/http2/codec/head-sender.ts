import type { Core } from "./core.ts";
import { FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_HEADER_BYTES, T_CONTINUATION, T_HEADERS } from "./frame.ts";
import type { Http2Stream } from "./stream.ts";
import { putFrameHeader } from "./write-frame.ts";

/** Writes one field section at a time, straight into the output: HEADERS, and CONTINUATION where the peer's frames are too small. */
export class HeadSender {
  readonly #core: Core;
  /** Where the frame header stands that is patched at the end. */
  #start = 0;
  #stream: Http2Stream | null = null;
  #interim = false;

  constructor(core: Core) {
    this.#core = core;
  }

  /** False: the stream takes no more, nothing may follow. */
  begin(stream: Http2Stream): boolean {
    if (stream.localEnded) return false;
    const { out, encoder } = this.#core;
    this.#stream = stream;
    stream.activeMs = this.#core.nowMs;
    this.#interim = false;
    this.#start = out.length;
    out.reserve(FRAME_HEADER_BYTES);
    out.length += FRAME_HEADER_BYTES;
    encoder.begin(out);
    return true;
  }

  field(name: string, value: string, never: boolean): void {
    const core = this.#core;
    if (name.charCodeAt(0) === 0x3a) this.#notePseudo(name, value);
    core.encoder.field(core.out, name, value, never);
  }

  fieldBytes(bytes: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const core = this.#core;
    core.encoder.fieldBytes(core.out, bytes, nameStart, nameEnd, valueStart, valueEnd);
  }

  /** What the answer will mean depends on the request. */
  #notePseudo(name: string, value: string): void {
    const stream = this.#stream as Http2Stream;
    if (name === ":method") {
      stream.method = value;
      if (value === "HEAD") stream.noContent = true;
    } else if (name === ":status") {
      this.#interim = value.charCodeAt(0) === 0x31;
    }
  }

  end(last: boolean): void {
    const core = this.#core;
    const stream = this.#stream as Http2Stream;
    this.#stream = null;
    // The second section of a message is its trailers, and they end it.
    const ends = last || stream.headSent;
    if (!this.#interim) stream.headSent = true;
    this.#frame(stream.id, ends ? FLAG_END_STREAM : 0);
    if (ends) core.endLocal(stream);
  }

  #frame(id: number, flags: number): void {
    const { out, peer } = this.#core;
    const start = this.#start;
    const length = out.length - start - FRAME_HEADER_BYTES;
    const most = peer.maxFrameSize;
    if (length <= most) {
      putFrameHeader(out.bytes, start, length, T_HEADERS, flags | FLAG_END_HEADERS, id);
      return;
    }
    const more = Math.ceil(length / most) - 1;
    out.reserve(more * FRAME_HEADER_BYTES);
    const { bytes } = out;
    out.length += more * FRAME_HEADER_BYTES;
    // From the end, so that nothing is overwritten before it has moved.
    for (let frame = more; frame > 0; frame -= 1) {
      const from = start + FRAME_HEADER_BYTES + frame * most;
      const size = frame === more ? length - frame * most : most;
      const to = from + frame * FRAME_HEADER_BYTES;
      bytes.copyWithin(to, from, from + size);
      putFrameHeader(bytes, to - FRAME_HEADER_BYTES, size, T_CONTINUATION, frame === more ? FLAG_END_HEADERS : 0, id);
    }
    putFrameHeader(bytes, start, most, T_HEADERS, flags, id);
  }
}
