import type { Clock } from "../../lib/clock.ts";
import { type TurnEnd, atTurnEnd } from "../../lib/turn-end.ts";
import { Deadline, type DeadlineOwner, type Wheel } from "../../lib/wheel.ts";
import type { Transport } from "../contract.ts";
import { Wire, type WireOwner } from "../wire.ts";
import { type Http2Connection, createHttp2Connection } from "./codec/connection.ts";
import type { Failure } from "./codec/failure.ts";
import type { ConnectionHandler } from "./codec/handler.ts";
import type { Http2Limits } from "./codec/limits.ts";
import { SIDE_SERVER, type Side } from "./codec/settings.ts";
import type { Http2Stream, StreamHandler } from "./codec/stream.ts";

/** What a channel needs of its proxy. */
export interface ChannelEngine {
  readonly clock: Clock;
  readonly wheel: Wheel;
}

/** A stream of a channel to which this read brought something. */
export interface ReadTask {
  onReadEnd(): void;
}

const TICK_MS = 1_000;
/** A peer that says nothing while requests are under way is asked whether it lives. */
const PING_AFTER_MS = 10_000;
/** With more than this unsent in the socket, frames wait in the codec, where bodies are stopped. */
const MAX_SOCKET_BYTES = 256 * 1_024;
/** A client that sends and does not read what it gets is read no further with more than this beyond what bodies may fill. */
const UNREAD_BYTES = 256 * 1_024;
/** After our last frame the peer's are read and dropped for this long, or a reset would overtake our GOAWAY. */
const LINGER_MS = 1_000;

/** An HTTP/2 connection with its socket. All frames of an event-loop turn leave in one write. */
export abstract class Http2Channel implements WireOwner, DeadlineOwner, TurnEnd, ConnectionHandler {
  readonly wire: Wire;
  readonly transport: Transport;
  readonly codec: Http2Connection;
  protected readonly engine: ChannelEngine;
  protected readonly limits: Http2Limits;
  readonly #side: Side;
  protected readonly deadline: Deadline;
  /** Monotonic, as of the last event. */
  protected nowMs: number;
  /** When bytes came last. */
  protected heardMs: number;
  /** Bytes are being read: streams may hear of more in a moment. */
  reading = false;
  #dirty = false;
  #ending = false;
  /** When the last frame was due, or the peer was stopped because it does not read; -1: neither. */
  #overMs = -1;
  #stoppedMs = -1;
  readonly #reading: ReadTask[] = [];
  /** Memory on its way out, oldest first. */
  readonly #leaving: Buffer[] = [];
  readonly #onWritten = (): void => {
    const written = this.#leaving.shift();
    if (written !== undefined) this.codec.recycle(written);
  };

  constructor(side: Side, transport: Transport, limits: Http2Limits, engine: ChannelEngine) {
    this.engine = engine;
    this.limits = limits;
    this.#side = side;
    this.transport = transport;
    this.nowMs = engine.clock.monotonicMs();
    this.heardMs = this.nowMs;
    this.codec = createHttp2Connection({ side, limits, handler: this, nowMs: this.nowMs });
    this.deadline = new Deadline(this);
    this.wire = new Wire(transport, this);
    engine.wheel.set(this.deadline, this.nowMs, TICK_MS);
    this.touch();
  }

  // --- the subclass's business --------------------------------------------------------------------

  abstract accept(stream: Http2Stream): StreamHandler;
  abstract settings(first: boolean): void;
  abstract goaway(lastStreamId: number, error: number, debug: string): void;
  abstract streamEnded(): void;
  /** About once a second. */
  protected abstract ticked(): void;
  /** The socket is gone, every stream has had its end. */
  protected abstract closed(): void;

  pong(_roundTripMs: number): void {}

  failed(_failure: Failure): void {
    this.#overMs = this.nowMs;
    this.touch();
  }

  // --- bytes --------------------------------------------------------------------------------------

  onBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#ending) return;
    this.nowMs = this.engine.clock.monotonicMs();
    this.heardMs = this.nowMs;
    this.reading = true;
    this.codec.receive(bytes, start, end, this.nowMs);
    this.reading = false;
    this.touch();
    if (this.#side === SIDE_SERVER && this.#stoppedMs < 0 && this.waiting > this.#mostWaiting) {
      this.#stoppedMs = this.nowMs;
      this.wire.pause();
    }
  }

  /** Only a server stops reading: two sides that both did could wait for each other. */
  get #mostWaiting(): number {
    return this.limits.maxOutputBytes + MAX_SOCKET_BYTES + UNREAD_BYTES;
  }

  /** `task` is told when what this turn brings has been read: a body's records leave together. It is added once. */
  atReadEnd(task: ReadTask): void {
    this.#reading.push(task);
  }

  #endReading(): void {
    const reading = this.#reading;
    for (let index = 0; index < reading.length; index += 1) (reading[index] as ReadTask).onReadEnd();
    reading.length = 0;
  }

  /** Frames may be waiting: they leave at the end of the turn. */
  touch(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    this.#endReading();
    this.#dirty = false;
    if (this.wire.closed || this.#ending) return;
    this.#write();
    const { codec } = this;
    if (codec.failure !== null || codec.drained) {
      if (codec.outputBytes === 0) this.#end();
      else if (this.#overMs < 0) this.#overMs = this.nowMs;
      return;
    }
    if (this.#stoppedMs >= 0 && this.waiting <= this.#mostWaiting) {
      this.#stoppedMs = -1;
      this.wire.resume();
    }
    codec.transportReady();
    if (codec.outputBytes > 0 && this.wire.pending <= MAX_SOCKET_BYTES) this.touch();
  }

  #write(): void {
    if (this.wire.pending > MAX_SOCKET_BYTES) return;
    const frames = this.codec.takeOutput();
    if (frames === null) return;
    this.#leaving.push(frames);
    this.wire.writeThen(frames, this.#onWritten);
  }

  get unwritten(): number {
    return this.codec.outputBytes;
  }

  /** Bytes that wait to leave, in the socket and before it. */
  protected get waiting(): number {
    return this.wire.pending + this.codec.outputBytes;
  }

  /** No more from here: the socket ends once what is written has left. */
  #end(): void {
    this.#ending = true;
    if (this.#overMs < 0) this.#overMs = this.nowMs;
    this.wire.resume();
    this.wire.end();
    if (this.wire.ended) this.wire.destroy();
    else this.engine.wheel.set(this.deadline, this.nowMs, LINGER_MS);
  }

  onDrain(): void {
    this.touch();
  }

  /** HTTP/2 has no half-closed connections: the peer is gone. */
  onEnd(): void {
    this.codec.transportClosed();
    this.wire.destroy();
  }

  onClosed(): void {
    this.engine.wheel.clear(this.deadline);
    this.codec.transportClosed();
    this.#leaving.length = 0;
    this.closed();
  }

  /** Whoever reads nothing does not hold a connection for ever; after an orderly end a slow reader gets the rest of its answers. */
  get #overdue(): boolean {
    const { stallTimeoutMs } = this.limits;
    if (this.#stoppedMs >= 0 && this.nowMs - this.#stoppedMs >= stallTimeoutMs) return true;
    if (this.#overMs < 0) return false;
    const patient = this.codec.failure === null && this.waiting > 0;
    return this.nowMs - this.#overMs >= (patient ? stallTimeoutMs : LINGER_MS);
  }

  /** By PING; no answer in time ends the connection and all that is under way on it. Of those who answer such questions: our proxies. */
  protected askIfSilent(): void {
    if (this.codec.activeStreams === 0 || this.nowMs - this.heardMs < PING_AFTER_MS) return;
    this.codec.ping(this.nowMs);
    this.heardMs = this.nowMs;
  }

  onDeadline(): void {
    this.nowMs = this.engine.clock.monotonicMs();
    if (this.#overdue) {
      this.wire.destroy();
      return;
    }
    if (this.#ending) {
      this.engine.wheel.set(this.deadline, this.nowMs, TICK_MS);
      return;
    }
    this.codec.tick(this.nowMs);
    if (this.codec.failure === null) this.ticked();
    this.engine.wheel.set(this.deadline, this.nowMs, TICK_MS);
    if (this.codec.outputBytes > 0 || this.codec.drained) this.touch();
  }
}
