import type { Failure } from "./failure.ts";
import { equalsIgnoreCase } from "./chars.ts";
import { KIND_INTERNAL } from "./names.ts";

export const ROLE_REQUEST = 0;
export const ROLE_RESPONSE = 1;
export const ROLE_TRAILERS = 2;

/** Scanner states; {@link scanHead} is the one place that changes them. */
export const S_START = 0;
export const S_START_LF = 1;
export const S_METHOD = 2;
export const S_TARGET = 3;
export const S_VERSION = 4;
export const S_STATUS = 5;
export const S_PHRASE = 6;
export const S_START_LINE_LF = 7;
export const S_FIELD = 8;
export const S_NAME = 9;
export const S_SPACE = 10;
export const S_VALUE = 11;
export const S_VALUE_LF = 12;
export const S_END_LF = 13;
export const S_DONE = 14;
export const S_FAILED = 15;

/** Limits of one head, in bytes and lines. */
export interface HeadLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderLines: number;
  readonly maxTargetBytes: number;
}

/**
 * Limits for heads another of our proxies passes on: what an application may send, and what was added on
 * the way (request id, source, connection and framing lines). Nothing accepted at the first is refused here.
 */
export function afterOneHop(limits: HeadLimits): HeadLimits {
  return {
    maxHeaderBytes: limits.maxHeaderBytes + 1_024,
    maxHeaderLines: limits.maxHeaderLines + 8,
    maxTargetBytes: limits.maxTargetBytes,
  };
}

/** Longer methods are not tokens anybody registered. */
export const MAX_METHOD_BYTES = 32;
/** What may stand before the field section besides the target: empty lines, method, version, status phrase. */
const START_LINE_SLACK_BYTES = 1_024;
const FIRST_STORE_BYTES = 1_024;

/**
 * A message head as offsets into the bytes it came in; `base` is where it begins there. Nothing becomes a
 * string until a rule asks. Reused: {@link reset} before each message.
 */
export class Head {
  readonly limits: HeadLimits;
  bytes: Buffer = EMPTY;
  base = 0;
  state = S_START;
  role = ROLE_REQUEST;
  failure: Failure | null = null;

  /** Relative to `base`; the name of a line is `[4i, 4i+1)`, its value without surrounding whitespace `[4i+2, 4i+3)`. */
  readonly lines: Int32Array;
  readonly kinds: Uint8Array;
  count = 0;
  /** One past the last byte of the head, relative. */
  length = 0;
  fieldsStart = 0;
  mark = 0;

  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** x of HTTP/1.x. */
  minor = 1;
  status = 0;

  /** -1: none. */
  contentLength = -1;
  /** Content-Length was not in its shortest form: its line is dropped and written anew. */
  rewritten = false;
  chunked = false;
  /** Transfer-Encoding was there, understood or not. */
  encoded = false;
  close = false;
  keepAlive = false;
  /** Connection says upgrade. */
  upgrade = false;
  nominates = false;
  /** Upgrade names h2c. */
  cleartextHttp2 = false;
  expectsContinue = false;
  /** A line says something of a trace. */
  traced = false;
  /** Indexes of lines, -1: absent. */
  hostLine = -1;
  upgradeLine = -1;
  requestIdLine = -1;
  /** `timeout=N` of Keep-Alive, seconds; -1: none. */
  keepAliveSeconds = -1;

  #store: Buffer = EMPTY;
  #stored = 0;

  constructor(limits: HeadLimits) {
    this.limits = limits;
    this.lines = new Int32Array(limits.maxHeaderLines * 4);
    this.kinds = new Uint8Array(limits.maxHeaderLines);
  }

  reset(role: number): void {
    this.bytes = EMPTY;
    this.base = 0;
    this.state = role === ROLE_TRAILERS ? S_FIELD : S_START;
    this.role = role;
    this.failure = null;
    this.count = 0;
    this.length = 0;
    this.fieldsStart = 0;
    this.mark = 0;
    this.methodStart = 0;
    this.methodEnd = 0;
    this.targetStart = 0;
    this.targetEnd = 0;
    this.minor = 1;
    this.status = 0;
    this.contentLength = -1;
    this.rewritten = false;
    this.chunked = false;
    this.encoded = false;
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    this.nominates = false;
    this.cleartextHttp2 = false;
    this.expectsContinue = false;
    this.traced = false;
    this.hostLine = -1;
    this.upgradeLine = -1;
    this.requestIdLine = -1;
    this.keepAliveSeconds = -1;
    this.#stored = 0;
  }

  /** Bytes of this head seen so far in earlier reads. */
  get stored(): number {
    return this.#stored;
  }

  /**
   * Keeps `bytes[from..end)` after what is kept already: the memory they came in will be used again.
   * Returns how many were taken; fewer than offered only when the limits are reached.
   */
  keep(bytes: Buffer, from: number, end: number): number {
    const { maxHeaderBytes, maxTargetBytes } = this.limits;
    const cap = maxHeaderBytes + maxTargetBytes + START_LINE_SLACK_BYTES;
    const taken = Math.min(end - from, cap - this.#stored);
    const needed = this.#stored + taken;
    if (needed > this.#store.length) {
      let size = Math.max(this.#store.length, FIRST_STORE_BYTES);
      while (size < needed) size *= 2;
      const grown = Buffer.allocUnsafeSlow(Math.min(size, cap));
      grown.set(this.#store.subarray(0, this.#stored), 0);
      this.#store = grown;
    }
    this.#store.set(bytes.subarray(from, from + taken), this.#stored);
    this.#stored = needed;
    this.bytes = this.#store;
    this.base = 0;
    return taken;
  }

  /** Makes a complete head independent of the memory it was read from. */
  own(): void {
    if (this.bytes !== this.#store) {
      this.#stored = 0;
      this.keep(this.bytes, this.base, this.base + this.length);
    }
  }

  /** Latin-1 text between two relative offsets. */
  text(start: number, end: number): string {
    return this.bytes.toString("latin1", this.base + start, this.base + end);
  }

  name(line: number): string {
    return this.text(this.lines[line * 4] as number, this.lines[line * 4 + 1] as number);
  }

  value(line: number): string {
    return this.text(this.lines[line * 4 + 2] as number, this.lines[line * 4 + 3] as number);
  }

  /** Value by lower-case name; several lines joined by `, ` (RFC 9110 5.3). */
  header(lower: string): string | undefined {
    let joined: string | undefined;
    for (let line = 0; line < this.count; line += 1) {
      if (!this.isNamed(line, lower)) continue;
      joined = joined === undefined ? this.value(line) : `${joined}, ${this.value(line)}`;
    }
    return joined;
  }

  /** Value of a header of our own by lower-case name; empty when there is none. */
  internal(lower: string): string {
    for (let line = 0; line < this.count; line += 1) {
      if (this.kinds[line] === KIND_INTERNAL && this.isNamed(line, lower)) return this.value(line);
    }
    return "";
  }

  isNamed(line: number, lower: string): boolean {
    const { lines, base } = this;
    return equalsIgnoreCase(this.bytes, base + (lines[line * 4] as number), base + (lines[line * 4 + 1] as number), lower);
  }

  /** Name, value, name, value…: for taps. */
  toList(): string[] {
    const list: string[] = [];
    for (let line = 0; line < this.count; line += 1) list.push(this.name(line), this.value(line));
    return list;
  }
}

const EMPTY = Buffer.alloc(0);
