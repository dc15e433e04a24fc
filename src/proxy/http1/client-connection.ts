import { loopTurn } from "../../lib/loop-turn.ts";
import { Deadline, type DeadlineOwner } from "../../lib/wheel.ts";
import type { Transport } from "../contract.ts";
import type { RequestExtras, RequestHead, Trailers } from "../http/message.ts";
import type { HeadView } from "../http/request-view.ts";
import { type AnswerOwner, LOST_BAD_RESPONSE, LOST_CLOSED, LOST_EARLY_BYTES, type LossKind, type Upstream } from "../http/upstream.ts";
import { HIGH_WATER_BYTES, Wire, type WireOwner } from "../wire.ts";
import { Http1AnswerHead, trailersOf } from "./answer-head.ts";
import type { Failure } from "./codec/failure.ts";
import { type HeadLimits, ROLE_RESPONSE } from "./codec/head.ts";
import { BODY_CHUNKED, BODY_CLOSE, BODY_LENGTH, DATA, END, FAILED, HEAD, MessageReader } from "./codec/message-reader.ts";
import type { Outbox } from "./outbox.ts";

/** Where connections come from and go back to. */
export interface ConnectionHome {
  /** At `nowMs` (monotonic): ready for the next request, or to be closed: `connection.reusable` says. */
  released(connection: ClientConnection, nowMs: number): void;
  closed(connection: ClientConnection): void;
  /** Over once what is written has left; the other side does not take for ever to take it. */
  leaving(connection: ClientConnection): void;
}

/** An HTTP/1.1 connection to an endpoint: one request at a time. */
export class ClientConnection implements Upstream, WireOwner, DeadlineOwner {
  readonly wire: Wire;
  readonly transport: Transport;
  readonly deadline: Deadline;
  readonly #home: ConnectionHome;
  readonly #reader: MessageReader;
  readonly #head: Http1AnswerHead;
  readonly #outbox: Outbox;
  #owner: AnswerOwner | null = null;
  /** The request's body goes out in chunks. */
  #chunked = false;
  /** The request may ask for 101. */
  #upgrade = false;
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

  constructor(transport: Transport, limits: HeadLimits, home: ConnectionHome, outbox: Outbox) {
    this.transport = transport;
    this.#home = home;
    this.#reader = new MessageReader(ROLE_RESPONSE, limits);
    this.#head = new Http1AnswerHead(this.#reader);
    this.#outbox = outbox;
    this.deadline = new Deadline(this);
    this.wire = new Wire(transport, this);
  }

  /** The outbox is empty between two reads. */
  get unwritten(): number {
    return 0;
  }

  get idle(): boolean {
    return this.#owner === null;
  }

  get reused(): boolean {
    return this.completed > 0;
  }

  get retainable(): boolean {
    return this.wire.retainable;
  }

  get mayRefuse(): boolean {
    return this.transport.mtls;
  }

  /** A mesh connection is up only when it has answered: before that nothing was processed (ADR 1). */
  get unprocessed(): boolean {
    return this.transport.mtls && !this.reused && !this.answered;
  }

  // --- the request --------------------------------------------------------------------------------

  send(owner: AnswerOwner, request: RequestHead, view: HeadView, extras: RequestExtras, _last: boolean): void {
    this.#owner = owner;
    this.#reader.reset();
    this.#reader.answersHead = view.method === "HEAD";
    this.answered = false;
    this.#chunked = request.body === BODY_CHUNKED && !extras.upgrade;
    this.#upgrade = extras.upgrade;
    this.#sentTurn = loopTurn.mark();
    if (this.wire.paused) this.wire.resume();
    request.writeHttp1(this.#outbox.of(this.wire), view, extras);
  }

  body(bytes: Buffer, start: number, end: number, retainable: boolean): void {
    this.#outbox.data(this.wire, bytes, start, end, retainable, this.#chunked);
  }

  finish(trailers: Trailers | null): void {
    if (this.#tunnel) {
      this.flush();
      this.wire.end();
    } else if (this.#chunked) {
      const out = this.#outbox.of(this.wire);
      out.text("0\r\n");
      trailers?.writeHttp1(out);
      out.crlf();
    }
  }

  flush(): void {
    this.#outbox.flush(this.wire);
  }

  get blocked(): boolean {
    return this.wire.pending > HIGH_WATER_BYTES;
  }

  pause(): void {
    this.wire.pause();
  }

  resume(): void {
    this.wire.resume();
  }

  /** The request is given up. With a reset: an end alone could be a client that still waits for its answer. */
  abandon(): void {
    this.#outbox.drop(this.wire);
    this.#owner = null;
    this.reusable = false;
    this.wire.reset();
  }

  closeTunnel(): void {
    this.flush();
    this.#owner = null;
    this.reusable = false;
    this.wire.end();
    this.#home.leaving(this);
  }

  // --- the answer ---------------------------------------------------------------------------------

  onBytes(bytes: Buffer, start: number, end: number): void {
    const owner = this.#owner;
    if (owner === null) {
      // Nobody asked: what comes on an idle connection would become the answer to somebody else's request.
      this.reusable = false;
      this.wire.destroy();
      return;
    }
    if (this.#tunnel) {
      owner.answerData(bytes, start, end, false);
      owner.answerFlush();
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
          this.#switch(owner, bytes, pos, end);
          return;
        }
        if (status < 200) {
          owner.interim(this.#head);
          reader.reset();
          continue;
        }
        owner.answerHead(this.#head);
      } else if (event === DATA) {
        owner.answerData(bytes, reader.dataStart, reader.dataEnd, reader.body === BODY_LENGTH && reader.remaining === 0);
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
    owner.answerEnd(trailersOf(reader));
  }

  giveBack(requestDone: boolean, nowMs: number): void {
    this.flush();
    if (!requestDone || this.wire.pending > 0) this.reusable = false;
    // An idle connection is read, or its end and what it should not say would go unseen.
    this.wire.resume();
    this.#home.released(this, nowMs);
  }

  #switch(owner: AnswerOwner, bytes: Buffer, pos: number, end: number): void {
    if (!this.#upgrade) {
      this.#lose(LOST_BAD_RESPONSE, null);
      return;
    }
    this.#tunnel = true;
    this.#chunked = false;
    this.reusable = false;
    owner.switched(this.#head);
    if (pos === end || this.#owner !== owner) return;
    owner.answerData(bytes, pos, end, false);
    owner.answerFlush();
  }

  onEnd(): void {
    const owner = this.#owner;
    this.reusable = false;
    if (owner === null) {
      this.wire.destroy();
    } else if (this.#tunnel) {
      owner.answerEnd(null);
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

  /** Idle for too long, or leaving. */
  onDeadline(): void {
    if (this.#owner === null) this.wire.destroy();
  }

  #lose(kind: LossKind, failure: Failure | null): void {
    const owner = this.#owner;
    this.#owner = null;
    this.reusable = false;
    this.wire.destroy();
    owner?.lost(kind, failure !== null && failure.reason === "headers-too-large", -1);
  }
}
