import { loopTurn } from "../../lib/loop-turn.ts";
import { Deadline, type DeadlineOwner } from "../../lib/wheel.ts";
import type { Transport } from "../contract.ts";
import { type HeadLimits, ROLE_RESPONSE } from "./codec/head.ts";
import { BODY_CLOSE, DATA, END, FAILED, HEAD, MessageReader } from "./codec/message-reader.ts";
import type { Failure } from "./codec/failure.ts";
import { Wire, type WireOwner } from "./wire.ts";

/** Why an upstream connection was lost under a request. */
export const LOST_CLOSED = 0;
/** It said something that is not an answer, or more than one. */
export const LOST_BAD_RESPONSE = 1;
/** Bytes were there before the request was: whatever they are, they are not its answer. */
export const LOST_EARLY_BYTES = 2;

export type LossKind = typeof LOST_CLOSED | typeof LOST_BAD_RESPONSE | typeof LOST_EARLY_BYTES;

/** Who is waiting for the answer on a {@link ClientConnection}. Offsets are valid during the call. */
export interface AnswerOwner {
  /** 100-199 except 101. */
  interimHead(reader: MessageReader): void;
  answerHead(reader: MessageReader): void;
  answerData(bytes: Buffer, start: number, end: number): void;
  /** The last event of an answer, unless it became a tunnel. The connection is on its way back already. */
  answerEnd(reader: MessageReader): void;
  /** All events of one read are through. */
  answerFlush(): void;
  /** True when 101 was asked for. */
  readonly wantsUpgrade: boolean;
  /** From here on bytes pass unread both ways. */
  switched(): void;
  tunnelData(bytes: Buffer, start: number, end: number): void;
  tunnelEnd(): void;
  upstreamDrained(): void;
  lost(kind: LossKind, failure: Failure | null): void;
}

/** Where connections come from and go back to. */
export interface ConnectionHome {
  /** At `nowMs` (monotonic): ready for the next request, or to be closed: `connection.reusable` says. */
  released(connection: ClientConnection, nowMs: number): void;
  closed(connection: ClientConnection): void;
}

/** An HTTP/1.1 connection to an endpoint: one request at a time. */
export class ClientConnection implements WireOwner, DeadlineOwner {
  readonly wire: Wire;
  readonly transport: Transport;
  readonly deadline: Deadline;
  readonly #home: ConnectionHome;
  readonly #reader: MessageReader;
  #owner: AnswerOwner | null = null;
  #tunnel = false;
  /** Answers read to their end: above 0 the connection is a reused one. */
  completed = 0;
  /** May carry another request after this one. */
  reusable = true;
  /** `timeout=N` of the last Keep-Alive, seconds; -1: none. */
  keepAliveSeconds = -1;
  /** Any byte of the answer to the request under way has come. */
  answered = false;
  #sentTurn = -1;

  constructor(transport: Transport, limits: HeadLimits, home: ConnectionHome) {
    this.transport = transport;
    this.#home = home;
    this.#reader = new MessageReader(ROLE_RESPONSE, limits);
    this.deadline = new Deadline(this);
    this.wire = new Wire(transport, this);
  }

  get idle(): boolean {
    return this.#owner === null;
  }

  get reused(): boolean {
    return this.completed > 0;
  }

  /** Binds the next answer to `owner`. */
  begin(owner: AnswerOwner, answersHead: boolean): void {
    this.#owner = owner;
    this.#reader.reset();
    this.#reader.answersHead = answersHead;
    this.answered = false;
    this.#sentTurn = loopTurn.mark();
    if (this.wire.paused) this.wire.resume();
  }

  /** The request is given up. With a reset: an end alone could be a client that still waits for its answer. */
  abandon(): void {
    this.#owner = null;
    this.reusable = false;
    this.wire.reset();
  }

  /** As {@link abandon}, after what is written has left. */
  abandonWhenSent(): void {
    this.#owner = null;
    this.reusable = false;
    this.wire.end();
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    const owner = this.#owner;
    if (owner === null) {
      // Nobody asked: what comes on an idle connection would become the answer to somebody else's request.
      this.reusable = false;
      this.wire.destroy();
      return;
    }
    if (this.#tunnel) {
      owner.tunnelData(bytes, start, end);
      return;
    }
    if (!this.answered) {
      this.answered = true;
      if (loopTurn.wasReadyBefore(this.#sentTurn)) {
        this.answered = false;
        this.#lose(LOST_EARLY_BYTES, null);
        return;
      }
    }
    this.#read(owner, bytes, start, end);
  }

  #read(owner: AnswerOwner, bytes: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    let pos = start;
    for (;;) {
      const event = reader.next(bytes, pos, end);
      pos = reader.pos;
      if (event === HEAD) {
        const { status } = reader.head;
        if (status === 101) {
          this.#switch(owner, reader, bytes, pos, end);
          return;
        }
        if (status < 200) {
          owner.interimHead(reader);
          reader.reset();
          continue;
        }
        owner.answerHead(reader);
      } else if (event === DATA) {
        owner.answerData(bytes, reader.dataStart, reader.dataEnd);
      } else if (event === END) {
        this.#finish(owner, reader, pos === end);
        return;
      } else if (event === FAILED) {
        owner.answerFlush();
        this.#lose(LOST_BAD_RESPONSE, reader.failure);
        return;
      } else {
        owner.answerFlush();
        return;
      }
      // The owner may have given up in between (its client is gone).
      if (this.#owner !== owner) return;
    }
  }

  #finish(owner: AnswerOwner, reader: MessageReader, exact: boolean): void {
    const { head } = reader;
    this.#owner = null;
    this.completed += 1;
    if (head.keepAliveSeconds >= 0) this.keepAliveSeconds = head.keepAliveSeconds;
    const persistent = head.minor === 1 ? !head.close : head.keepAlive && !head.close;
    // Bytes behind the answer belong to nothing (S5).
    if (!persistent || !exact || reader.body === BODY_CLOSE || this.wire.ended) this.reusable = false;
    owner.answerEnd(reader);
  }

  /** Called by the owner once it has finished with the answer and its own request is out. */
  giveBack(nowMs: number): void {
    if (this.wire.pending > 0) this.reusable = false;
    // An idle connection is read, or its end and what it should not say would go unseen.
    this.wire.resume();
    this.#home.released(this, nowMs);
  }

  #switch(owner: AnswerOwner, reader: MessageReader, bytes: Buffer, pos: number, end: number): void {
    if (!owner.wantsUpgrade) {
      this.#lose(LOST_BAD_RESPONSE, null);
      return;
    }
    this.#tunnel = true;
    this.reusable = false;
    owner.answerHead(reader);
    owner.answerFlush();
    owner.switched();
    if (pos < end) owner.tunnelData(bytes, pos, end);
  }

  onEnd(): void {
    const owner = this.#owner;
    this.reusable = false;
    if (owner === null) {
      this.wire.destroy();
    } else if (this.#tunnel) {
      owner.tunnelEnd();
    } else if (this.#reader.endOfInput()) {
      this.#finish(owner, this.#reader, true);
    } else {
      this.#lose(LOST_CLOSED, null);
    }
  }

  onDrain(): void {
    this.#owner?.upstreamDrained();
  }

  onClosed(): void {
    this.reusable = false;
    this.#home.closed(this);
    if (this.#owner !== null) this.#lose(LOST_CLOSED, null);
  }

  /** Idle for too long. */
  onDeadline(): void {
    if (this.#owner === null) this.wire.destroy();
  }

  #lose(kind: LossKind, failure: Failure | null): void {
    const owner = this.#owner;
    this.#owner = null;
    this.reusable = false;
    this.wire.destroy();
    owner?.lost(kind, failure);
  }
}
