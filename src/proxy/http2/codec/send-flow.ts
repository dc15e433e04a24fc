import type { Core } from "./core.ts";
import { FAILURE } from "./failure.ts";
import { FLAG_END_STREAM, FRAME_HEADER_BYTES, INITIAL_WINDOW, MAX_WINDOW, T_DATA } from "./frame.ts";
import type { Http2Stream } from "./stream.ts";
import { putFrameHeader } from "./write-frame.ts";

/** What we may send (RFC 9113 5.2), and the streams that wait for it, each in its turn. */
export class SendFlow {
  readonly #core: Core;
  #window = INITIAL_WINDOW;
  /** Streams stopped by the connection's window or the output limit, in the order they were stopped. */
  #queue: Http2Stream[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  /** Writes as much of `bytes[start..end)` as may go now; `last` ends the stream once all of it went. Returns the bytes taken. */
  send(stream: Http2Stream, bytes: Buffer, start: number, end: number, last: boolean): number {
    const core = this.#core;
    const { out, peer } = core;
    let at = start;
    const allowed = Math.min(end - start, stream.sendWindow, this.#window, core.limits.maxOutputBytes - out.length);
    const stop = start + Math.max(0, allowed);
    while (at < stop) {
      const length = Math.min(stop - at, peer.maxFrameSize);
      out.reserve(FRAME_HEADER_BYTES + length);
      const ends = last && at + length === end;
      putFrameHeader(out.bytes, out.length, length, T_DATA, ends ? FLAG_END_STREAM : 0, stream.id);
      out.length += FRAME_HEADER_BYTES;
      out.span(bytes, at, at + length);
      core.abuse.sentData();
      at += length;
    }
    const sent = at - start;
    stream.sendWindow -= sent;
    if (sent > 0) stream.activeMs = core.nowMs;
    this.#window -= sent;
    this.#moved(stream, sent);
    if (at < end) this.#wait(stream);
    else if (last) {
      if (start === end) this.#endEmpty(stream);
      core.endLocal(stream);
    } else {
      stream.waiting = false;
    }
    return sent;
  }

  /** The end alone: no window is needed for it (RFC 9113 6.9.1). */
  #endEmpty(stream: Http2Stream): void {
    const { out } = this.#core;
    out.reserve(FRAME_HEADER_BYTES);
    putFrameHeader(out.bytes, out.length, 0, T_DATA, FLAG_END_STREAM, stream.id);
    out.length += FRAME_HEADER_BYTES;
  }

  #moved(stream: Http2Stream, bytes: number): void {
    if (!stream.waiting) return;
    stream.movedBytes += bytes;
    if (stream.movedBytes < this.#core.limits.stallBytes) return;
    stream.movedBytes = 0;
    stream.waitingSinceMs = this.#core.nowMs;
  }

  #wait(stream: Http2Stream): void {
    if (!stream.waiting) {
      stream.waiting = true;
      stream.movedBytes = 0;
      stream.waitingSinceMs = this.#core.nowMs;
    }
    if (stream.sendWindow > 0 && !stream.queued) {
      stream.queued = true;
      this.#queue.push(stream);
    }
  }

  /** WINDOW_UPDATE for the connection. */
  addConnectionCredit(bytes: number): void {
    if (this.#window + bytes > MAX_WINDOW) {
      this.#core.fail(FAILURE.windowOverflow);
      return;
    }
    this.#window += bytes;
    this.serveQueue();
  }

  /** WINDOW_UPDATE for a stream. */
  addStreamCredit(stream: Http2Stream, bytes: number): void {
    if (stream.sendWindow + bytes > MAX_WINDOW) {
      this.#core.streamFault(stream, FAILURE.windowOverflow);
      return;
    }
    stream.sendWindow += bytes;
    this.#serve(stream);
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE changed by `difference` for every stream (RFC 9113 6.9.2). */
  shiftAll(difference: number): void {
    const core = this.#core;
    const all = [...core.streams.open.values()];
    for (const stream of all) {
      if (stream.sendWindow + difference > MAX_WINDOW) {
        core.fail(FAILURE.windowOverflow);
        return;
      }
      stream.sendWindow += difference;
    }
    if (difference > 0) for (const stream of all) this.#serve(stream);
  }

  #serve(stream: Http2Stream): void {
    if (!stream.waiting || stream.queued || stream.sendWindow <= 0) return;
    if (this.#open) stream.handler.writable(stream);
    else {
      stream.queued = true;
      this.#queue.push(stream);
    }
  }

  /** Room for data of any stream. */
  get #open(): boolean {
    return this.#window > 0 && this.#core.out.length < this.#core.limits.maxOutputBytes && this.#core.failure === null;
  }

  /** After the connection's window grew or output was taken: each waiting stream once, in its turn. */
  serveQueue(): void {
    if (this.#queue.length === 0 || !this.#open) return;
    const queue = this.#queue;
    this.#queue = [];
    for (let index = 0; index < queue.length; index += 1) {
      const stream = queue[index] as Http2Stream;
      if (!this.#open) {
        // Those not served come first the next time.
        this.#queue = [...queue.slice(index), ...this.#queue];
        return;
      }
      stream.queued = false;
      if (stream.waiting && stream.sendWindow > 0) stream.handler.writable(stream);
    }
  }

  /** Resets the streams whose peer keeps a window shut, or opens it by crumbs, and those on which nothing happens. */
  checkStalls(): void {
    const core = this.#core;
    const latest = core.nowMs - core.limits.stallTimeoutMs;
    const idleSinceMs = core.nowMs - core.limits.idleStreamMs;
    for (const stream of core.streams.open.values()) {
      if (stream.waiting && stream.waitingSinceMs <= latest) core.streamFault(stream, FAILURE.windowStall);
      else if (stream.activeMs <= idleSinceMs) core.streamFault(stream, FAILURE.streamIdle);
      if (core.failure !== null) return;
    }
  }
}
