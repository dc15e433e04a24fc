import type { Failure } from "./failure.ts";

/** RFC 9113 5.1, from when the stream is opened. Each side that has ended sets its bit. */
export const S_OPEN = 0;
export const S_HALF_CLOSED_LOCAL = 1;
export const S_HALF_CLOSED_REMOTE = 2;
export const S_CLOSED = 3;

/** Who is concerned with the messages of one stream. Bytes and lists are valid during the call. */
export interface StreamHandler {
  /** An interim response (1xx): `stream.status`, `stream.fields`. Clients only. */
  interim(stream: Http2Stream): void;
  /** The request or the final response is in the stream's properties. `last`: it has neither body nor trailers, and no `end` follows. */
  head(stream: Http2Stream, last: boolean): void;
  /** A request whose fields are over the limits: 431 is the answer. Instead of `head`; its body comes all the same. Servers only. */
  oversized(stream: Http2Stream, last: boolean): void;
  /** Body bytes. They count against the stream's window until `consume`. */
  data(stream: Http2Stream, bytes: Buffer, start: number, end: number): void;
  /** The peer's message is complete. `trailers`: name, value, name, value… or null. */
  end(stream: Http2Stream, trailers: readonly string[] | null): void;
  /**
   * The stream is over before its time: nothing follows. `failure` says why when it was not the peer's RST_STREAM
   * (then null). `stream.unprocessed`: it may be tried elsewhere.
   */
  reset(stream: Http2Stream, error: number, failure: Failure | null): void;
  /** `sendData` took less than it was given, and would take more now. */
  writable(stream: Http2Stream): void;
}

/** One request and its response. Not reused: what still holds it after its end can do no harm with it. */
export class Http2Stream {
  readonly id: number;
  handler: StreamHandler;
  state = S_OPEN;
  /** Pseudo-header fields of the message received; empty or 0 where there is none. */
  method = "";
  scheme = "";
  path = "";
  authority = "";
  /** Of extended CONNECT (RFC 8441). */
  protocol = "";
  status = 0;
  /** The other fields: name (lower case), value, name, value… Latin-1; Cookie joined to one line (RFC 9113 8.2.3). */
  fields: readonly string[] = NONE;
  /** Positions in `fields` of names whose values every hop keeps out of its tables (RFC 7541 6.2.3). */
  sensitive: readonly number[] = NO_POSITIONS;
  /** Content-Length received; -1: none. */
  contentLength = -1;
  /** A field says something of a trace. */
  traced = false;
  /** The head of the message (for a client: the final response) has come. */
  headReceived = false;
  headSent = false;
  /** Interim responses received. */
  interims = 0;
  /** Bytes of data received. */
  received = 0;
  /** The answer has no content whatever Content-Length says: HEAD, 304. */
  noContent = false;
  /** CONNECT: bytes only, and neither lengths nor trailers (RFC 9113 8.5). */
  tunnel = false;
  /** The peer says that it has not acted on this request (RFC 9113 8.7). */
  unprocessed = false;
  /** Bytes the peer lets us send; below zero after its SETTINGS lowered it. */
  sendWindow: number;
  /** Bytes the peer may send. */
  receiveWindow: number;
  /** Consumed, and not announced yet. */
  credit = 0;
  /** `sendData` was cut short. */
  waiting = false;
  /** In the queue of streams that wait for the connection. */
  queued = false;
  /** When something last moved on it, either way. */
  activeMs: number;
  /** Since when no `stallBytes` have moved, and how many have. */
  waitingSinceMs = 0;
  movedBytes = 0;

  constructor(id: number, handler: StreamHandler, sendWindow: number, receiveWindow: number, nowMs: number) {
    this.id = id;
    this.handler = handler;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    this.activeMs = nowMs;
  }

  get localEnded(): boolean {
    return (this.state & S_HALF_CLOSED_LOCAL) !== 0;
  }

  get remoteEnded(): boolean {
    return (this.state & S_HALF_CLOSED_REMOTE) !== 0;
  }
}

const NONE: readonly string[] = Object.freeze([]);
const NO_POSITIONS: readonly number[] = Object.freeze([]);
