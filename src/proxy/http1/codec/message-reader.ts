/**
 * One side's stream of HTTP/1 messages, sans I/O: bytes in, events out. The caller loops over {@link next}
 * until it answers {@link MORE}; offsets in an event are valid until the memory they point into changes.
 */
import { CR, LF } from "./chars.ts";
import { ChunkSize } from "./chunk-size.ts";
import { FAILURE, type Failure } from "./failure.ts";
import { Head, type HeadLimits, ROLE_REQUEST, ROLE_RESPONSE, ROLE_TRAILERS, S_DONE, S_FAILED } from "./head.ts";
import { checkRequest } from "./request-rules.ts";
import { checkResponse } from "./response-rules.ts";
import { readHead } from "./scan.ts";

/** All bytes are used; more are needed. */
export const MORE = 0;
/** `head` is complete; body events or END follow. */
export const HEAD = 1;
/** Body bytes `[dataStart, dataEnd)` of the buffer given. */
export const DATA = 2;
/** The message is complete; `trailers` when it had some. Bytes from `pos` on belong to the next. */
export const END = 3;
/** `failure` says why; nothing after it can be trusted. */
export const FAILED = 4;

export type EventCode = typeof MORE | typeof HEAD | typeof DATA | typeof END | typeof FAILED;

/** How the end of the body is found (RFC 9112 6.3). */
export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
/** Until the connection ends: responses only. */
export const BODY_CLOSE = 3;

const P_HEAD = 0;
const P_LENGTH = 1;
const P_CHUNK_SIZE = 2;
const P_CHUNK_DATA = 3;
const P_CHUNK_CR = 4;
const P_CHUNK_LF = 5;
const P_TRAILERS = 6;
const P_CLOSE = 7;
const P_END = 8;
const P_FINISHED = 9;
const P_FAILED = 10;

export class MessageReader {
  readonly head: Head;
  /** Trailer section of the message just ended; null when it had none. */
  trailers: Head | null = null;
  failure: Failure | null = null;
  pos = 0;
  dataStart = 0;
  dataEnd = 0;
  body = BODY_NONE;
  /** Bytes left of a body with a length, or of the chunk under way. */
  remaining = 0;
  /** Set before a response is read: the answer to HEAD has no body whatever it says (RFC 9112 6.3). */
  answersHead = false;
  readonly #role: number;
  #phase = P_HEAD;
  /** Made for the first chunked message only. */
  #chunk: ChunkSize | null = null;
  #trailerStore: Head | null = null;

  constructor(role: typeof ROLE_REQUEST | typeof ROLE_RESPONSE, limits: HeadLimits) {
    this.#role = role;
    this.head = new Head(limits);
    this.head.reset(role);
  }

  /** Before each message. */
  reset(): void {
    this.head.reset(this.#role);
    this.trailers = null;
    this.failure = null;
    this.body = BODY_NONE;
    this.remaining = 0;
    this.#phase = P_HEAD;
  }

  /** Nothing of the next message has been seen. */
  get untouched(): boolean {
    return this.#phase === P_HEAD && this.head.stored === 0;
  }

  /** END was answered. */
  get finished(): boolean {
    return this.#phase === P_FINISHED;
  }

  /** The head is complete. */
  get pastHead(): boolean {
    return this.#phase !== P_HEAD && this.#phase !== P_FAILED;
  }

  next(buf: Buffer, pos: number, end: number): EventCode {
    this.pos = pos;
    for (;;) {
      switch (this.#phase) {
        case P_HEAD:
          if (this.pos >= end) return MORE;
          return this.#readHead(buf, end);
        case P_LENGTH:
        case P_CHUNK_DATA:
          if (this.pos >= end) return MORE;
          return this.#readData(end);
        case P_CLOSE:
          if (this.pos >= end) return MORE;
          this.dataStart = this.pos;
          this.dataEnd = end;
          this.pos = end;
          return DATA;
        case P_CHUNK_SIZE: {
          if (this.pos >= end) return MORE;
          const chunk = this.#chunk as ChunkSize;
          this.pos = chunk.read(buf, this.pos, end);
          if (chunk.failure !== null) return this.#fail(chunk.failure);
          if (!chunk.done) return MORE;
          this.remaining = chunk.size;
          if (chunk.size > 0) this.#phase = P_CHUNK_DATA;
          else this.#beginTrailers();
          break;
        }
        case P_CHUNK_CR:
          if (this.pos >= end) return MORE;
          if (buf[this.pos] !== CR) return this.#fail(FAILURE.badChunkEnd);
          this.pos += 1;
          this.#phase = P_CHUNK_LF;
          break;
        case P_CHUNK_LF:
          if (this.pos >= end) return MORE;
          if (buf[this.pos] !== LF) return this.#fail(FAILURE.badChunkEnd);
          this.pos += 1;
          (this.#chunk as ChunkSize).reset();
          this.#phase = P_CHUNK_SIZE;
          break;
        case P_TRAILERS: {
          if (this.pos >= end) return MORE;
          const trailers = this.#trailerStore as Head;
          this.pos = readHead(trailers, buf, this.pos, end);
          if (trailers.state === S_FAILED) return this.#fail(trailers.failure as Failure);
          if (trailers.state !== S_DONE) return MORE;
          if (trailers.count > 0) this.trailers = trailers;
          this.#phase = P_END;
          break;
        }
        case P_END:
          this.#phase = P_FINISHED;
          return END;
        case P_FAILED:
          return FAILED;
        default:
          return MORE;
      }
    }
  }

  /** The connection ended (FIN). True when that completes the message: a body delimited by it (RFC 9112 6.3, 8). */
  endOfInput(): boolean {
    if (this.#phase !== P_CLOSE) return false;
    this.#phase = P_FINISHED;
    return true;
  }

  #readHead(buf: Buffer, end: number): EventCode {
    const { head } = this;
    this.pos = readHead(head, buf, this.pos, end);
    if (head.state === S_FAILED) return this.#fail(head.failure as Failure);
    if (head.state !== S_DONE) return MORE;
    const failure = this.#role === ROLE_REQUEST ? checkRequest(head) : checkResponse(head);
    if (failure !== null) return this.#fail(failure);
    this.#beginBody();
    return HEAD;
  }

  /** RFC 9112 6.3, in its order. */
  #beginBody(): void {
    const { head } = this;
    if (this.#role === ROLE_RESPONSE && (this.answersHead || head.status < 200 || head.status === 204 || head.status === 304)) {
      this.body = BODY_NONE;
      this.#phase = P_END;
    } else if (head.chunked) {
      this.body = BODY_CHUNKED;
      this.#chunk ??= new ChunkSize();
      this.#chunk.resetMessage();
      this.#phase = P_CHUNK_SIZE;
    } else if (head.contentLength > 0) {
      this.body = BODY_LENGTH;
      this.remaining = head.contentLength;
      this.#phase = P_LENGTH;
    } else if (head.contentLength === 0 || this.#role === ROLE_REQUEST) {
      this.body = head.contentLength === 0 ? BODY_LENGTH : BODY_NONE;
      this.#phase = P_END;
    } else {
      this.body = BODY_CLOSE;
      this.#phase = P_CLOSE;
    }
  }

  #readData(end: number): EventCode {
    const taken = Math.min(end - this.pos, this.remaining);
    this.dataStart = this.pos;
    this.pos += taken;
    this.dataEnd = this.pos;
    this.remaining -= taken;
    if (this.remaining === 0) this.#phase = this.#phase === P_LENGTH ? P_END : P_CHUNK_CR;
    return DATA;
  }

  #beginTrailers(): void {
    this.#trailerStore ??= new Head(this.head.limits);
    this.#trailerStore.reset(ROLE_TRAILERS);
    this.#phase = P_TRAILERS;
  }

  #fail(failure: Failure): EventCode {
    this.failure = failure;
    this.#phase = P_FAILED;
    return FAILED;
  }
}
