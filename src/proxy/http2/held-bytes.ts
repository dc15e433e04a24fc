import { held } from "../overload/held.ts";
import type { Http2Connection } from "./codec/connection.ts";
import type { Http2Stream } from "./codec/stream.ts";

const NOTHING = Buffer.alloc(0);

/** Body bytes a stream could not take yet, in their order. What feeds it stops meanwhile, so there are few. */
export class HeldBytes {
  #pieces: Buffer[] = [];
  #length = 0;
  /** The end follows the last byte. */
  ends = false;

  get length(): number {
    return this.#length;
  }

  /** Sends what may go, and keeps the rest. `retainable`: the bytes stay as they are. `final`: the stream ends with them. */
  send(to: Http2Connection, stream: Http2Stream, bytes: Buffer, start: number, end: number, retainable: boolean, final: boolean): void {
    const taken = this.#length === 0 ? to.sendData(stream, bytes, start, end, final) : 0;
    if (start + taken < end) this.keep(bytes, start + taken, end, retainable, final);
  }

  keep(bytes: Buffer, start: number, end: number, retainable: boolean, final: boolean): void {
    const rest = bytes.subarray(start, end);
    this.#pieces.push(retainable ? rest : Buffer.from(rest));
    this.#length += rest.length;
    held.bytes += rest.length;
    if (final) this.ends = true;
  }

  /** Goes on where {@link send} stopped. True when nothing is left; the end, where it was due, has been sent. */
  resume(to: Http2Connection, stream: Http2Stream): boolean {
    while (this.#pieces.length > 0) {
      const piece = this.#pieces[0] as Buffer;
      const last = this.ends && this.#pieces.length === 1;
      const taken = to.sendData(stream, piece, 0, piece.length, last);
      this.#length -= taken;
      held.bytes -= taken;
      if (taken < piece.length) {
        this.#pieces[0] = piece.subarray(taken);
        return false;
      }
      this.#pieces.shift();
    }
    return true;
  }

  clear(): void {
    held.bytes -= this.#length;
    this.#pieces = [];
    this.#length = 0;
  }
}

/** The end of a body without trailers. */
export function sendEnd(to: Http2Connection, stream: Http2Stream): void {
  to.sendData(stream, NOTHING, 0, 0, true);
}
