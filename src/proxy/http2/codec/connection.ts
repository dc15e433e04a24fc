import { Core } from "./core.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FAILURE, type Failure } from "./failure.ts";
import { MAX_STREAM_ID, PREFACE } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { Goodbye } from "./goodbye.ts";
import type { ConnectionHandler } from "./handler.ts";
import { HeadReceiver } from "./head-receiver.ts";
import { HeadSender } from "./head-sender.ts";
import type { Http2Limits } from "./limits.ts";
import { Liveness } from "./liveness.ts";
import { ReceiveFlow } from "./receive-flow.ts";
import { SendFlow } from "./send-flow.ts";
import { type PeerSettings, type Side, ownSettings } from "./settings.ts";
import { Http2Stream, type StreamHandler } from "./stream.ts";
import { writeSettings } from "./write-frame.ts";

/** Memory of the output while a connection is busy, and the most that is kept for it. */
const BUSY_OUTPUT_BYTES = 16 * 1_024;
const KEPT_OUTPUT_BYTES = 1_280 * 1_024;
const IDLE_OUTPUT_BYTES = 1_024;

export interface Http2Options {
  readonly side: Side;
  readonly limits: Http2Limits;
  readonly handler: ConnectionHandler;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
}

/** Opens the conversation: the preface or the server's SETTINGS wait in the output. */
export function createHttp2Connection(options: Http2Options): Http2Connection {
  return new Http2Connection(options);
}

/**
 * One HTTP/2 connection, either side, sans I/O (RFC 9113). Bytes go in by {@link receive}; events come out through
 * the handlers, during that call; whatever is to be sent collects in one output, which the owner takes once per
 * event-loop turn. Handlers may call anything here. Time moves only by the `nowMs` it is given.
 */
export class Http2Connection {
  readonly #core: Core;
  readonly #reader: FrameReader;
  readonly #heads: HeadReceiver;
  readonly #headSender: HeadSender;
  readonly #sendFlow: SendFlow;
  readonly #receiveFlow: ReceiveFlow;
  readonly #liveness: Liveness;
  readonly #goodbye: Goodbye;
  #spare: Buffer | null = null;

  constructor({ side, limits, handler, nowMs }: Http2Options) {
    const core = new Core(side, limits, handler, nowMs);
    this.#core = core;
    this.#heads = new HeadReceiver(core);
    this.#headSender = new HeadSender(core);
    this.#sendFlow = new SendFlow(core);
    this.#receiveFlow = new ReceiveFlow(core);
    this.#liveness = new Liveness(core);
    this.#goodbye = new Goodbye(core, this.#liveness);
    const dispatcher = new Dispatcher(core, this.#heads, this.#receiveFlow, this.#sendFlow, this.#liveness, this.#goodbye);
    this.#reader = new FrameReader(dispatcher, core.server);
    if (!core.server) core.out.span(PREFACE, 0, PREFACE.length);
    writeSettings(core.out, ownSettings(side, limits));
    this.#receiveFlow.begin();
  }

  /** Bytes from the transport; nothing of them is kept beyond the call. */
  receive(bytes: Buffer, start: number, end: number, nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#reader.read(bytes, start, end);
  }

  /** The transport ended or broke: streams are reset, `failed` follows. */
  transportClosed(): void {
    this.#core.fail(FAILURE.transportClosed);
  }

  /** Why the connection is over; null while it is not. */
  get failure(): Failure | null {
    return this.#core.failure;
  }

  /** What the peer announced last. */
  get peer(): Readonly<PeerSettings> {
    return this.#core.peer;
  }

  get activeStreams(): number {
    return this.#core.active;
  }

  /** Clients: a request may be sent now. */
  get canOpen(): boolean {
    const core = this.#core;
    if (core.server || core.failure !== null || this.#goodbye.peerSaid || this.#goodbye.begun) return false;
    return core.active < core.peer.maxConcurrentStreams && core.streams.nextOwnId <= MAX_STREAM_ID;
  }

  /** Clients: so many of our own streams were reset lately that the peer may take more for an attack. */
  tired(nowMs: number): boolean {
    return !this.#core.abuse.ownResets.has(nowMs);
  }

  /**
   * Opens a stream and begins its head, as {@link beginHead} does. null: not now ({@link canOpen}).
   * `:method`, `:scheme`, `:authority`, `:path` come first, by {@link field}.
   */
  openStream(handler: StreamHandler): Http2Stream | null {
    if (!this.canOpen) return null;
    const core = this.#core;
    const { streams } = core;
    const stream = new Http2Stream(streams.nextOwnId, handler, core.peer.initialWindow, core.limits.streamWindow, core.nowMs);
    streams.nextOwnId += 2;
    streams.open.set(stream.id, stream);
    this.#headSender.begin(stream);
    return stream;
  }

  /** Begins a field section; fields and {@link endHead} must follow at once. False: the stream takes no more. */
  beginHead(stream: Http2Stream): boolean {
    return this.#headSender.begin(stream);
  }

  /** `name` in lower case, Latin-1, already checked. `never`: kept out of every table (RFC 7541 7.1.3). */
  field(name: string, value: string, never = false): void {
    this.#headSender.field(name, value, never);
  }

  /** A line of an HTTP/1 head, its name in any case; not for pseudo-header fields. */
  fieldBytes(bytes: Buffer, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    this.#headSender.fieldBytes(bytes, nameStart, nameEnd, valueStart, valueEnd);
  }

  /** `last`: no body follows. A section after the final head is the trailers and always the last. */
  endHead(last: boolean): void {
    this.#headSender.end(last);
  }

  /** Request in one call; null as {@link openStream}. `list`: name, value, name, value…, pseudo-header fields first. */
  request(handler: StreamHandler, list: readonly string[], last: boolean): Http2Stream | null {
    const stream = this.openStream(handler);
    if (stream !== null) this.#writeList(list, last);
    return stream;
  }

  /** Response (final or 1xx) or trailers in one call. False: the stream takes no more. */
  sendHead(stream: Http2Stream, list: readonly string[], last: boolean): boolean {
    if (!this.#headSender.begin(stream)) return false;
    this.#writeList(list, last);
    return true;
  }

  #writeList(list: readonly string[], last: boolean): void {
    for (let index = 0; index < list.length; index += 2) this.#headSender.field(list[index] as string, list[index + 1] as string, false);
    this.#headSender.end(last);
  }

  /**
   * Body bytes, behind the final head. Returns how many were taken (windows, output limit); the rest is offered again
   * after `writable`. `last` ends the stream once all were taken; no bytes and `last` are always taken.
   */
  sendData(stream: Http2Stream, bytes: Buffer, start: number, end: number, last: boolean): number {
    if (stream.localEnded) return 0;
    return this.#sendFlow.send(stream, bytes, start, end, last);
  }

  /** `bytes` of the stream's data need no memory any more: the peer may send as many again. */
  consume(stream: Http2Stream, bytes: number): void {
    this.#receiveFlow.consume(stream, bytes);
  }

  /** RST_STREAM; no event follows. */
  reset(stream: Http2Stream, error: number): void {
    if (!isClosed(stream)) this.#core.resetStream(stream, error);
  }

  /** False: too many PINGs have no answer. */
  ping(nowMs: number): boolean {
    this.#core.nowMs = nowMs;
    return this.#core.failure === null && this.#liveness.ping();
  }

  /** Checks every deadline. Called about once a second. */
  tick(nowMs: number): void {
    const core = this.#core;
    core.nowMs = nowMs;
    if (core.failure !== null) return;
    this.#liveness.check();
    this.#goodbye.check();
    if (this.#heads.open && nowMs - this.#heads.beganMs >= core.limits.headerTimeoutMs) core.fail(FAILURE.slowHeaders);
    if (core.failure === null) this.#sendFlow.checkStalls();
    if (core.active === 0 && core.out.length === 0 && core.out.bytes.length > IDLE_OUTPUT_BYTES) {
      this.#spare = null;
      core.out.abandon(IDLE_OUTPUT_BYTES);
    }
  }

  /** Ends gracefully: what is under way is finished, then {@link drained} is true (RFC 9113 6.8). */
  shutdown(nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#goodbye.begin();
  }

  /** This side or the peer has said that the connection ends. */
  get closing(): boolean {
    return this.#goodbye.begun || this.#goodbye.peerSaid || this.#core.failure !== null;
  }

  /** Nothing is under way and nothing can come: the transport may be closed. */
  get drained(): boolean {
    return this.#goodbye.done || this.#core.failure !== null || (this.#goodbye.peerSaid && !this.#core.server && this.#core.active === 0);
  }

  /** Ends now: GOAWAY, streams reset, `failed`. */
  terminate(): void {
    this.#core.fail(FAILURE.shutDown);
  }

  /** Bytes that wait to be taken. */
  get outputBytes(): number {
    return this.#core.out.length;
  }

  /** All frames written so far, as one piece of memory that is the caller's now; null when there are none. */
  takeOutput(): Buffer | null {
    const { out } = this.#core;
    if (out.length === 0) return null;
    const taken = out.bytes.subarray(0, out.length);
    this.#core.controlQueued = 0;
    if (this.#spare === null) out.abandon(BUSY_OUTPUT_BYTES);
    else {
      out.bytes = this.#spare;
      this.#spare = null;
      out.reset();
    }
    return taken;
  }

  /** Gives back what {@link takeOutput} gave, once nobody reads it any more: it is written to again. Optional. */
  recycle(taken: Buffer): void {
    const size = taken.buffer.byteLength;
    if (this.#spare === null && size >= BUSY_OUTPUT_BYTES && size <= KEPT_OUTPUT_BYTES) {
      this.#spare = Buffer.from(taken.buffer, 0, size);
    }
  }

  /** The transport has room for more: streams that wait for it are told, each in its turn. */
  transportReady(): void {
    this.#sendFlow.serveQueue();
  }
}

function isClosed(stream: Http2Stream): boolean {
  return stream.localEnded && stream.remoteEnded;
}
