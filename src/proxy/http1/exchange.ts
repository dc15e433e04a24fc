/**
 * One request and its answer: the middle between a {@link ServerConnection} and a {@link ClientConnection}.
 * Reused for the next request. What becomes of the request (route, endpoint) is the subclass's business.
 */
import type { EndpointState } from "../../decide/contract.ts";
import type { PathRefusal } from "../../match/path.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import { REASONS } from "../../messages/reasons.ts";
import type { Refusal } from "../../policies/contract.ts";
import type { EndpointPool, Waiter } from "../pool/endpoint-pool.ts";
import { GIVE_UP, isFailedTry, NEW_CONNECTION, nextTryAfterConnectFailure, nextTryAfterRefusal } from "../resilience/safe-tries.ts";
import {
  type AnswerOwner,
  type ClientConnection,
  LOST_BAD_RESPONSE,
  LOST_CLOSED,
  LOST_EARLY_BYTES,
  type LossKind,
} from "./client-connection.ts";
import type { Transport } from "../contract.ts";
import type { Failure } from "./codec/failure.ts";
import type { Head } from "./codec/head.ts";
import { BODY_CHUNKED, BODY_NONE, type MessageReader } from "./codec/message-reader.ts";
import { writeLastChunk } from "./codec/write-head.ts";
import { AnswerSink, DIRECT_BYTES } from "./answer-sink.ts";
import { TrafficRecord } from "../exchange-record.ts";
import { peerReason } from "./peer-reason.ts";
import { HeadView } from "./request-view.ts";
import type { ServerConnection } from "./server-connection.ts";
import type { ServerSide } from "./server-side.ts";
import { RetainedRequest } from "./retained-request.ts";
import { type TryObserver, Tries, refusedUs } from "./tries.ts";
import { Tunnel } from "./tunnel.ts";
import { HIGH_WATER_BYTES } from "./wire.ts";
import { type RequestExtras, writeRequestHead } from "./write-request.ts";

export abstract class Exchange implements AnswerOwner, Waiter, TryObserver {
  readonly view = new HeadView();
  readonly record: TrafficRecord;
  protected readonly side: ServerSide;
  protected connection!: ServerConnection;
  protected reader!: MessageReader;
  protected upstream: ClientConnection | null = null;
  /** Request body and end have been read. */
  requestDone = false;
  /** Body bytes may come: there is an upstream, or they are not wanted any more. */
  flowing = false;
  wantsUpgrade = false;
  protected readonly tries: Tries;
  /** Counts the requests this object has served: what calls back late compares it. */
  protected generation = 0;
  readonly #request = new RetainedRequest();
  readonly #sink: AnswerSink;
  #tunnel: Tunnel | null = null;
  /** Why the answer being read goes no further: its peer did nothing with the request, another endpoint may. */
  #refusedFor: ReasonCode | "" = "";
  readonly #extras: RequestExtras = { requestId: "", meshSource: "", upgrade: false };
  /** Some of the answer is on its way to the client. */
  answerStarted = false;
  #keep = false;
  #startMs = 0;
  /** The time as of the read being handled; NaN: not asked yet. */
  #nowMs = 0;

  constructor(side: ServerSide, direction: "inbound" | "outbound") {
    this.side = side;
    this.#sink = new AnswerSink(side.scratch);
    this.tries = new Tries(this);
    this.record = new TrafficRecord(direction);
  }

  // --- what a direction decides -------------------------------------------------------------------

  /** The head is whole and valid: find out where it goes and how long it waits, then {@link holdFor}; or {@link fail}. */
  protected abstract decide(): void;
  /** The wait is over: admission, then {@link useEndpoint}; or {@link fail}. */
  protected abstract admit(): void;
  abstract tryBegan(state: EndpointState, nowMs: number): void;
  abstract tryEnded(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void;
  protected abstract poolOf(state: EndpointState): EndpointPool;
  /** Reads target and Host into {@link view}. */
  protected abstract openView(head: Head): Failure | PathRefusal | null;
  /** `x-meshctl-source` for a mesh upstream. */
  protected abstract meshSource(): string;
  /** The reason told when no connection came about. */
  protected abstract connectReason(reason: ReasonCode): ReasonCode;
  /** Forgets what only this request knew. */
  protected abstract clear(): void;

  // --- request ------------------------------------------------------------------------------------

  open(connection: ServerConnection, reader: MessageReader): void {
    this.connection = connection;
    this.reader = reader;
    this.generation += 1;
    this.requestDone = false;
    this.flowing = false;
    this.wantsUpgrade = false;
    this.answerStarted = false;
    this.#keep = false;
    const { clock } = this.side.engine;
    this.#startMs = clock.monotonicMs();
    this.#nowMs = this.#startMs;
    this.record.reset(clock.nowMs());
    const { record } = this;
    record.sourceAddress = connection.remoteAddress;
    if (record.direction === "inbound") {
      record.mtls = connection.transport.mtls;
      record.peerIdentity = connection.transport.peerIdentity;
    }
  }

  start(): void {
    const { head } = this.reader;
    const { record, view } = this;
    if (head.minor === 0) record.protocol = "http/1.0";
    const refused = this.openView(head);
    if (refused !== null) {
      if ("reason" in refused) this.refuse(refused);
      else {
        view.openPartly(head);
        this.#takeIds(head);
        this.fail("bad-path");
      }
      return;
    }
    this.#keep = head.minor === 1 ? !head.close : head.keepAlive && !head.close;
    record.method = view.method;
    record.path = view.path;
    record.authority = view.authority;
    this.#takeIds(head);
    if (this.side.engine.observer.wantsHeaders) record.requestHeaders = head.toList();
    if (this.side.activeRequests > this.side.engine.limits.maxRequests) {
      this.fail("overloaded");
      return;
    }
    this.wantsUpgrade = head.upgrade && head.upgradeLine >= 0 && !head.cleartextHttp2 && head.minor === 1 && this.reader.body === BODY_NONE;
    const { generation } = this;
    this.decide();
    if (this.generation !== generation) return;
    this.#nowMs = Number.NaN;
    // What happens later must not find the bytes of somebody else's request.
    if (this.upstream === null) head.own();
  }

  #takeIds(head: Head): void {
    const { record } = this;
    this.#extras.requestId = "";
    if (head.requestIdLine >= 0) record.requestId = head.value(head.requestIdLine);
    else {
      record.requestId = this.side.engine.requestIds.next();
      this.#extras.requestId = record.requestId;
    }
  }

  /** Monotonic time, asked once while a read is handled. */
  protected now(): number {
    if (Number.isNaN(this.#nowMs)) this.#nowMs = this.side.engine.clock.monotonicMs();
    return this.#nowMs;
  }

  /** When the request began: for the connection's deadlines. */
  get startMs(): number {
    return this.#startMs;
  }

  /** Lets the request go on to {@link admit} after `delayMs`. */
  protected holdFor(delayMs: number): void {
    if (delayMs <= 0) {
      this.admit();
      return;
    }
    const { generation } = this;
    this.side.engine.clock.setTimer(() => {
      if (this.generation !== generation) return;
      this.#nowMs = Number.NaN;
      this.admit();
    }, delayMs);
  }

  // --- upstream -----------------------------------------------------------------------------------

  /** Sends the request to `state`, on an idle connection when there is one and `fresh` does not forbid it. */
  protected useEndpoint(state: EndpointState, fresh: boolean): void {
    this.record.attempts += 1;
    this.tries.begin(state, fresh, this.now());
    const pool = this.poolOf(state);
    const connection = fresh ? null : pool.takeIdle();
    if (connection !== null) this.connected(connection);
    else if (!this.tries.waitFor(pool, this)) this.fail("overloaded");
  }

  connected(upstream: ClientConnection): void {
    this.tries.waited();
    this.upstream = upstream;
    const { head } = this.reader;
    if (this.#request.empty) {
      const extras = this.#extras;
      extras.meshSource = upstream.transport.mtls ? this.meshSource() : "";
      extras.upgrade = this.wantsUpgrade;
      writeRequestHead(this.#request.out, head, this.view, extras);
    }
    this.#request.rewind();
    upstream.begin(this, this.view.method === "HEAD");
    this.flowing = true;
    this.connection.flow();
  }

  connectFailed(reason: ReasonCode): void {
    this.#nowMs = Number.NaN;
    this.tries.waited();
    this.tries.end(this.now(), true);
    if (nextTryAfterConnectFailure(this.tries.tried.length) === GIVE_UP) this.fail(this.connectReason(reason));
    else this.tryAnother(this.connectReason(reason));
  }

  /** The next endpoint, or `reason` when there is no other. */
  protected abstract tryAnother(reason: ReasonCode): void;
  /** {@link tryAnother} would find one. */
  protected abstract hasAnother(): boolean;

  requestData(bytes: Buffer, start: number, end: number): void {
    const { upstream } = this;
    this.record.requestBytes += end - start;
    if (upstream === null) return;
    const chunked = this.reader.body === BODY_CHUNKED;
    if (end - start >= DIRECT_BYTES && this.connection.wire.retainable) this.#request.passThrough(upstream, bytes, start, end, chunked);
    else this.#request.append(upstream, bytes, start, end, chunked);
  }

  requestEnd(reader: MessageReader): void {
    this.requestDone = true;
    if (reader.body === BODY_CHUNKED && this.upstream !== null) writeLastChunk(this.#request.out, reader.trailers);
  }

  flushRequest(): void {
    const { upstream } = this;
    if (upstream === null) return;
    this.#request.flush(upstream);
    if (!this.requestDone && upstream.wire.pending > HIGH_WATER_BYTES) this.connection.hold();
  }

  upstreamDrained(): void {
    this.connection.unhold();
  }

  // --- answer -------------------------------------------------------------------------------------

  interimHead(reader: MessageReader): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 15.2).
    if (this.reader.head.minor === 0) return;
    this.#sink.head(reader);
    this.#sink.flush(this.connection.wire);
  }

  answerHead(reader: MessageReader): void {
    const { head } = reader;
    const { record, side, connection } = this;
    const { framing } = this.#sink;
    const { mtls } = (this.upstream as ClientConnection).transport;
    this.#nowMs = Number.NaN;
    const reason = mtls ? peerReason(head) : "";
    this.tries.end(this.now(), isFailedTry(reason));
    if (nextTryAfterRefusal(reason, this.#request.replayable, this.tries.tried.length) !== GIVE_UP && this.hasAnother()) {
      this.#refusedFor = reason;
      // More of the body could make the request one that cannot be sent again.
      this.flowing = false;
      return;
    }
    this.answerStarted = true;
    record.status = head.status;
    if (side.engine.observer.wantsHeaders) record.responseHeaders = head.toList();
    framing.http10 = this.reader.head.minor === 0;
    framing.keep = this.#keep && head.status !== 101 && side.keeps(connection) && connection.canKeep(this);
    framing.meshPeer = mtls;
    this.#sink.head(reader);
    this.#keep = framing.keep;
    if (framing.reason !== "") record.reason = framing.reason as ReasonCode;
    if (framing.policy !== "") record.policy = framing.policy;
  }

  answerData(bytes: Buffer, start: number, end: number): void {
    if (this.#refusedFor !== "") return;
    this.record.responseBytes += end - start;
    this.#sink.data(this.connection.wire, bytes, start, end, (this.upstream as ClientConnection).wire.retainable);
  }

  answerFlush(): void {
    this.#nowMs = Number.NaN;
    this.#sink.flush(this.connection.wire);
    if (this.connection.blocked) {
      this.upstream?.wire.pause();
      this.connection.watchReader();
    }
  }

  answerEnd(reader: MessageReader): void {
    const refused = this.#refusedFor;
    if (refused === "") this.#sink.end(this.connection.wire, reader);
    const upstream = this.upstream as ClientConnection;
    this.upstream = null;
    if (!this.requestDone) upstream.reusable = false;
    if (refused === "") this.#request.leave(upstream);
    upstream.giveBack(this.now());
    if (refused === "") this.#finish(this.#keep);
    else this.#askAnother(refused);
  }

  /** The answer that was not for the client is read, or lost on the way. */
  #askAnother(reason: ReasonCode): void {
    this.#refusedFor = "";
    // Whom the body waited for is not asked any more.
    this.connection.unhold();
    this.tryAnother(reason);
  }

  /** The client has taken what was waiting. */
  downstreamDrained(): void {
    const { upstream } = this;
    if (upstream !== null) upstream.wire.resume();
  }

  /** The upstream connection is lost before its answer was complete. */
  lost(kind: LossKind, failure: Failure | null): void {
    const upstream = this.upstream as ClientConnection;
    this.#nowMs = Number.NaN;
    this.upstream = null;
    this.flowing = false;
    if (this.#refusedFor !== "") {
      this.#askAnother(this.#refusedFor);
      return;
    }
    if (this.answerStarted) {
      this.record.reason = "upstream-reset";
      this.#request.leave(upstream);
      // Never an end that looks complete.
      this.connection.reset();
      this.#finish(false);
      return;
    }
    this.tries.end(this.now(), true);
    if (kind === LOST_BAD_RESPONSE || upstream.answered || (kind === LOST_EARLY_BYTES && !upstream.reused)) {
      this.fail(lossReason(kind, failure));
      return;
    }
    const next = this.tries.nextAfterLoss(upstream, this.#request.replayable, this.view.method, this.record.requestBytes > 0);
    const reason = refusedUs(kind, upstream) ? "peer-refused-identity" : lossReason(kind, failure);
    if (next === GIVE_UP) this.fail(reason);
    else if (next === NEW_CONNECTION) this.useEndpoint(this.tries.endpoint as EndpointState, true);
    else this.tryAnother(reason);
  }

  // --- tunnel after 101 ---------------------------------------------------------------------------

  switched(): void {
    this.#tunnel = new Tunnel(this.connection, this.upstream as ClientConnection, this.record);
    this.connection.tunnel();
  }

  tunnelData(bytes: Buffer, start: number, end: number): void {
    this.#tunnel?.fromUpstream(bytes, start, end);
  }

  tunnelToUpstream(bytes: Buffer, start: number, end: number): void {
    this.#tunnel?.fromClient(bytes, start, end);
  }

  tunnelEnd(): void {
    this.#tunnel?.upstreamEnded();
    this.#checkTunnel();
  }

  tunnelEndFromClient(): void {
    this.#tunnel?.clientEnded();
    this.#checkTunnel();
  }

  #checkTunnel(): void {
    if (this.#tunnel?.ended !== true) return;
    this.#nowMs = Number.NaN;
    this.upstream?.abandonWhenSent();
    this.upstream = null;
    this.#finish(false);
  }

  // --- ends ---------------------------------------------------------------------------------------

  /** The bytes are not a request. */
  refuse(failure: Failure): void {
    if (this.record.method === "") {
      this.view.openPartly(this.reader.head);
      this.record.method = this.view.method;
      this.record.path = this.view.path;
    }
    this.#nowMs = Number.NaN;
    this.#keep = false;
    this.fail(failure.reason);
  }

  timedOut(reason: "header-timeout" | "idle-timeout"): void {
    this.#nowMs = Number.NaN;
    this.#keep = false;
    this.fail(reason);
  }

  /** Answers instead of the upstream; `status` 0 resets the connection. Nothing but the end follows. */
  protected fail(reason: ReasonCode, status: number = REASONS[reason].status, policy = ""): void {
    const { record, connection, side } = this;
    this.#dropUpstream();
    record.reason = reason;
    record.policy = policy;
    if (status === 0 || this.answerStarted) {
      connection.reset();
      this.#finish(false);
      return;
    }
    const keep = this.#keep && this.reader.head.minor === 1 && side.keeps(connection) && connection.canKeep(this);
    record.status = status;
    this.#sink.reply(connection.wire, {
      reason,
      status,
      policy: record.direction === "inbound" && connection.transport.mtls ? policy : "",
      requestId: record.requestId,
      close: !keep,
      withBody: record.method !== "HEAD",
    });
    this.#finish(keep);
  }

  protected failBy(refusal: Refusal): void {
    this.fail(refusal.reason, refusal.status, refusal.policy);
  }

  /** CONNECT: answers 200 and lets `take` have the connection. Whoever takes it reports its end. */
  protected handOver(take: (transport: Transport) => void): void {
    const { connection } = this;
    connection.handOver(() => {
      this.#sink.text(connection.wire, "HTTP/1.1 200 Connection established\r\n\r\n");
      connection.detach();
      this.#recycle();
      take(connection.transport);
    });
  }

  /** The client is gone, in whatever state. */
  clientGone(): void {
    const { record } = this;
    this.#nowMs = Number.NaN;
    if (record.reason === "" && this.#tunnel?.halfEnded !== true) record.reason = "downstream-reset";
    this.#dropUpstream();
    this.#end();
  }

  #dropUpstream(): void {
    const { upstream } = this;
    this.tries.stopWaiting(this);
    this.tries.end(this.now(), false);
    this.upstream = null;
    if (upstream === null) return;
    this.#request.leave(upstream);
    upstream.abandon();
  }

  #finish(keep: boolean): void {
    const { connection } = this;
    this.#report();
    connection.exchangeEnded(this, keep, this.now());
    this.#recycle();
  }

  #end(): void {
    this.#report();
    this.#recycle();
  }

  #report(): void {
    const { record, side } = this;
    const { endpoint } = this.tries;
    record.durationMs = this.now() - this.#startMs;
    if (endpoint !== null) record.destinationAddress = endpoint.endpoint.address;
    side.engine.observer.ended(record);
  }

  #recycle(): void {
    this.generation += 1;
    this.#request.reset();
    this.#refusedFor = "";
    this.#tunnel = null;
    this.tries.reset();
    this.clear();
    this.side.giveExchange(this);
  }
}

function lossReason(kind: LossKind, failure: Failure | null): ReasonCode {
  if (kind === LOST_CLOSED) return "upstream-reset";
  return failure !== null && failure.reason === "headers-too-large" ? "upstream-headers-too-large" : "upstream-bad-response";
}
