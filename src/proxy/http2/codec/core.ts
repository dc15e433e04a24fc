import { ByteWriter } from "../../http1/codec/byte-writer.ts";
import { AbuseBudgets } from "./abuse.ts";
import { REFUSED_STREAM } from "./error-codes.ts";
import { FAILURE, type Failure } from "./failure.ts";
import type { ConnectionHandler } from "./handler.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import type { Http2Limits } from "./limits.ts";
import { PeerSettings, SIDE_SERVER, type Side } from "./settings.ts";
import { type Http2Stream, S_CLOSED, S_HALF_CLOSED_LOCAL, S_HALF_CLOSED_REMOTE } from "./stream.ts";
import { ENDED_BY_PEER, ENDED_BY_US, ENDED_COMPLETE, StreamTable } from "./streams.ts";
import { writeGoaway, writeReset, writeSettingsAck, writePing, writeWindowUpdate } from "./write-frame.ts";

const FIRST_OUTPUT_BYTES = 4_096;

/** What the parts of one connection share: its streams, its output, and the only ways in which both end. */
export class Core {
  readonly side: Side;
  readonly limits: Http2Limits;
  readonly handler: ConnectionHandler;
  readonly out = new ByteWriter(FIRST_OUTPUT_BYTES);
  readonly peer = new PeerSettings();
  readonly streams: StreamTable;
  readonly encoder: HpackEncoder;
  readonly abuse: AbuseBudgets;
  /** Monotonic milliseconds, as of the last call from outside. */
  nowMs: number;
  failure: Failure | null = null;
  /** Highest stream of the peer that was acted on: what GOAWAY names. */
  lastAcceptedId = 0;
  /** The final GOAWAY is out: what the peer opens now is not answered (RFC 9113 6.8). */
  refusing = false;
  settingsAcknowledged = false;
  /** Answers to control frames since the output was last taken. */
  controlQueued = 0;

  constructor(side: Side, limits: Http2Limits, handler: ConnectionHandler, nowMs: number) {
    this.side = side;
    this.limits = limits;
    this.handler = handler;
    this.nowMs = nowMs;
    this.streams = new StreamTable(side, limits.maxConcurrentStreams);
    this.encoder = new HpackEncoder(limits.encoderTableSize);
    this.abuse = new AbuseBudgets(limits);
  }

  /** Ends the connection: GOAWAY with the reason, every stream reset, then `failed`. The first failure counts. */
  fail(failure: Failure): void {
    if (this.failure !== null) return;
    this.failure = failure;
    writeGoaway(this.out, this.lastAcceptedId, failure.error, failure.code);
    const { open } = this.streams;
    const all = [...open.values()];
    open.clear();
    for (const stream of all) {
      // Without SETTINGS nobody was there to act on it.
      if (!this.peer.seen) stream.unprocessed = true;
      stream.state = S_CLOSED;
      stream.waiting = false;
    }
    for (const stream of all) stream.handler.reset(stream, failure.error, failure);
    this.handler.failed(failure);
  }

  /** Resets a stream for something its peer did on it. Too many of those end the connection: each costs us work. */
  streamFault(stream: Http2Stream, failure: Failure): void {
    if (stream.state === S_CLOSED) return;
    writeReset(this.out, stream.id, failure.error);
    this.#remove(stream, ENDED_BY_US);
    stream.handler.reset(stream, failure.error, failure);
    this.#control();
    this.#countFault();
  }

  /** As {@link streamFault}, for a stream that never was or is no more. */
  refuse(streamId: number, failure: Failure): void {
    writeReset(this.out, streamId, failure.error);
    this.streams.remember(streamId, ENDED_BY_US);
    this.#control();
    this.#countFault();
  }

  #countFault(): void {
    if (!this.abuse.faults.take(this.nowMs)) this.fail(FAILURE.madeYouReset);
  }

  /** RST_STREAM of ours. */
  resetStream(stream: Http2Stream, error: number): void {
    writeReset(this.out, stream.id, error);
    this.#remove(stream, ENDED_BY_US);
    if (this.server) this.#control();
    else this.abuse.ownResets.overdraw(this.nowMs);
  }

  /** RST_STREAM of the peer. */
  peerReset(stream: Http2Stream, error: number): void {
    this.#remove(stream, ENDED_BY_PEER);
    if (error === REFUSED_STREAM) stream.unprocessed = true;
    stream.handler.reset(stream, error, null);
  }

  /** GOAWAY of the peer says it will never be answered. */
  unprocessed(stream: Http2Stream): void {
    this.#remove(stream, ENDED_BY_US);
    stream.unprocessed = true;
    stream.handler.reset(stream, FAILURE.unprocessed.error, FAILURE.unprocessed);
  }

  endLocal(stream: Http2Stream): void {
    stream.state |= S_HALF_CLOSED_LOCAL;
    stream.waiting = false;
    if (stream.state === S_CLOSED) this.#remove(stream, ENDED_COMPLETE);
  }

  /** Before the handler is told, so that it finds the stream as it is. */
  endRemote(stream: Http2Stream): void {
    stream.state |= S_HALF_CLOSED_REMOTE;
    if (stream.state === S_CLOSED) this.#remove(stream, ENDED_COMPLETE);
  }

  #remove(stream: Http2Stream, how: number): void {
    stream.state = S_CLOSED;
    stream.waiting = false;
    this.streams.open.delete(stream.id);
    this.streams.remember(stream.id, how);
    this.handler.streamEnded();
  }

  acknowledgeSettings(): void {
    writeSettingsAck(this.out);
    this.#control();
  }

  answerPing(bytes: Buffer, start: number): void {
    writePing(this.out, true, bytes, start);
    this.#control();
  }

  returnCredit(streamId: number, bytes: number): void {
    writeWindowUpdate(this.out, streamId, bytes);
    this.#control();
  }

  /** A peer that asks and does not read the answers fills our memory. */
  #control(): void {
    this.controlQueued += 1;
    if (this.controlQueued > this.limits.maxControlQueued) this.fail(FAILURE.controlBacklog);
  }

  /** Requests the peer has under way (server), or all streams (client). */
  get active(): number {
    return this.streams.open.size;
  }

  get server(): boolean {
    return this.side === SIDE_SERVER;
  }
}
