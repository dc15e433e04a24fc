import { held } from "../overload/held.ts";
import { ByteWriter } from "../http1/codec/byte-writer.ts";

/** Bodies up to this size are kept until there is an answer, so that they can be sent again. */
const MAX_REPLAY_BYTES = 64 * 1_024;
const FIRST_BYTES = 1_024;
/** A larger buffer is not kept for the next request. */
const MAX_KEPT_BYTES = 16 * 1_024;

/** What a request's body has been so far, while it may have to be sent again. */
export class RetainedBody {
  /** Everything that came is here, or nothing came. */
  replayable = true;
  #keeping = false;
  #out: ByteWriter | null = null;

  /** Before the body: `keep` says whether anything would be done with it. What is kept already stays. */
  begin(keep: boolean): void {
    if (!keep && this.length === 0) this.#keeping = false;
    else this.#keeping = this.replayable;
  }

  keep(bytes: Buffer, start: number, end: number): void {
    if (!this.#keeping) {
      this.replayable = false;
      return;
    }
    this.#out ??= new ByteWriter(FIRST_BYTES);
    if (this.#out.length + end - start > MAX_REPLAY_BYTES) {
      this.#keeping = false;
      this.replayable = false;
      this.#forget();
      return;
    }
    this.#out.span(bytes, start, end);
    held.bytes += end - start;
  }

  get bytes(): Buffer {
    return (this.#out as ByteWriter).bytes;
  }

  get length(): number {
    return this.#out === null ? 0 : this.#out.length;
  }

  reset(): void {
    this.replayable = true;
    this.#keeping = false;
    this.#forget();
  }

  #forget(): void {
    const out = this.#out;
    if (out === null) return;
    held.bytes -= out.length;
    if (out.bytes.length > MAX_KEPT_BYTES) this.#out = null;
    else out.reset();
  }
}
