/**
 * One request and its answer: the middle between a {@link Downstream} and an {@link Upstream}, whichever protocols
 * they speak. Reused for the next request. What becomes of the request (route, endpoint) is the subclass's business.
 */
import type { EndpointState } from "../../decide/contract.ts";
import type { PathRefusal } from "../../match/path.ts";
import { HEADER } from "../../messages/names.ts";
import { REASONS, type ReasonCode } from "../../messages/reasons.ts";
import type { Refusal } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import { TrafficRecord } from "../exchange-record.ts";
import type { Failure } from "../http1/codec/failure.ts";
import { BODY_NONE } from "../http1/codec/message-reader.ts";
import type { EndpointPool, Waiter } from "../pool/endpoint-pool.ts";
import { GIVE_UP, isFailedTry, NEW_CONNECTION, nextTryAfterConnectFailure, nextTryAfterRefusal } from "../resilience/safe-tries.ts";
import { CANCEL, INTERNAL_ERROR, NO_ERROR } from "../http2/codec/error-codes.ts";
import type { Downstream } from "./downstream.ts";
import { grpcStatusOf, isGrpc } from "./grpc.ts";
import type { AnswerHead, RequestExtras, Trailers } from "./message.ts";
import { peerReason } from "./peer-reason.ts";
import { HeadView } from "./request-view.ts";
import { RetainedBody } from "./retained-body.ts";
import type { ServerSide } from "./server-side.ts";
import { type TryObserver, Tries, refusedUs } from "./tries.ts";
import { type AnswerOwner, LOST_BAD_RESPONSE, LOST_CLOSED, LOST_EARLY_BYTES, type LossKind, type Upstream } from "./upstream.ts";

export abstract class Exchange implements AnswerOwner, Waiter, TryObserver {
  readonly view = new HeadView();
  readonly record: TrafficRecord;
  protected readonly side: ServerSide;
  protected downstream!: Downstream;
  protected upstream: Upstream | null = null;
  /** Request body and end have been read. */
  requestDone = false;
  /** Body bytes may come: there is an upstream, or they are not wanted any more. */
  flowing = false;
  /** Some of the answer is on its way to the client. */
  answerStarted = false;
  protected readonly tries: Tries;
  /** Counts the requests this object has served: what calls back late compares it. */
  protected generation = 0;
  readonly #body = new RetainedBody();
  readonly #extras: RequestExtras = { requestId: "", meshSource: "", meshProtocol: "", upgrade: false };
  #requestTrailers: Trailers | null = null;
  /** Why the answer being read goes no further: its peer did nothing with the request, another endpoint may. */
  #refusedFor: ReasonCode | "" = "";
  /** After a granted upgrade: bytes pass unread. */
  #tunnel = false;
  /** The upstream's direction of the tunnel has ended. */
  #tunnelAnswered = false;
  #grpc = false;
  #startMs = 0;
  /** The time as of the read being handled; NaN: not asked yet. */
  #nowMs = 0;

  constructor(side: ServerSide, direction: "inbound" | "outbound") {
    this.side = side;
    this.tries = new Tries(this);
    this.record = new TrafficRecord(direction);
  }

  // --- what a direction decides -------------------------------------------------------------------

  /** Reads target and authority into {@link view}. */
  protected abstract openView(): Failure | PathRefusal | null;
  /** The head is whole and valid: find out where it goes and how long it waits, then {@link holdFor}; or {@link fail}. */
  protected abstract decide(): void;
  /** The wait is over: admission, then {@link useEndpoint}; or {@link fail}. */
  protected abstract admit(): void;
  abstract tryBegan(state: EndpointState, nowMs: number): void;
  abstract tryEnded(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void;
  protected abstract poolOf(state: EndpointState): EndpointPool;
  /** `x-meshctl-source` for a mesh upstream. */
  protected abstract meshSource(): string;
  /** `x-meshctl-protocol` for a mesh upstream. */
  protected abstract meshProtocol(): string;
  /** The reason told when no connection came about. */
  protected abstract connectReason(reason: ReasonCode): ReasonCode;
  /** The next endpoint, or `reason` when there is no other. */
  protected abstract tryAnother(reason: ReasonCode): void;
  /** {@link tryAnother} would find one. */
  protected abstract hasAnother(): boolean;
  /** Forgets what only this request knew. */
  protected abstract clear(): void;

  // --- request ------------------------------------------------------------------------------------

  open(downstream: Downstream): void {
    this.downstream = downstream;
    this.generation += 1;
    this.requestDone = false;
    this.flowing = false;
    this.answerStarted = false;
    this.#tunnel = false;
    this.#tunnelAnswered = false;
    this.#grpc = false;
    const { clock } = this.side.engine;
    this.#startMs = clock.monotonicMs();
    this.#nowMs = this.#startMs;
    const { record } = this;
    record.reset(clock.nowMs());
    record.sourceAddress = downstream.remoteAddress;
    if (record.direction === "inbound") {
      record.mtls = downstream.transport.mtls;
      record.peerIdentity = downstream.transport.peerIdentity;
    }
  }

  start(): void {
    const { record, view, downstream } = this;
    const { request } = downstream;
    record.protocol = downstream.protocol;
    const refused = this.openView();
    if (refused !== null) {
      if ("reason" in refused) this.refuse(refused.reason);
      else {
        downstream.openPartly(view);
        this.#takeIds();
        this.fail("bad-path");
      }
      return;
    }
    record.method = view.method;
    record.path = view.path;
    record.authority = view.authority;
    this.#takeIds();
    if (record.protocol === "http/2" && isGrpc(request.header("content-type"))) {
      this.#grpc = true;
      record.protocol = "grpc";
    }
    if (this.side.engine.observer.wantsHeaders) record.requestHeaders = request.toList();
    if (this.side.activeRequests > this.side.engine.limits.maxRequests) {
      this.fail("overloaded");
      return;
    }
    const { generation } = this;
    this.decide();
    if (this.generation !== generation) return;
    this.#nowMs = Number.NaN;
    // What happens later must not find the bytes of somebody else's request.
    if (this.upstream === null) downstream.retain();
  }

  #takeIds(): void {
    const { record } = this;
    const given = this.downstream.request.header(HEADER.REQUEST_ID);
    this.#extras.requestId = "";
    if (given !== undefined) record.requestId = given;
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

  /** Sends the request to `state`; `fresh`: on a connection that has carried nothing. */
  protected useEndpoint(state: EndpointState, fresh: boolean): void {
    this.record.attempts += 1;
    this.tries.begin(state, fresh, this.now());
    const pool = this.poolOf(state);
    const upstream = pool.take(fresh);
    if (upstream !== null) this.connected(upstream);
    else if (!this.tries.waitFor(pool, this)) this.fail("overloaded");
  }

  connected(upstream: Upstream): void {
    const { downstream } = this;
    const { request } = downstream;
    const extras = this.#extras;
    this.tries.waited();
    this.upstream = upstream;
    this.#body.begin(upstream.mayRefuse);
    const { mtls } = upstream.transport;
    extras.meshSource = mtls ? this.meshSource() : "";
    extras.meshProtocol = mtls ? this.meshProtocol() : "";
    extras.upgrade = downstream.wantsUpgrade;
    const empty = request.body === BODY_NONE && !extras.upgrade;
    const { generation } = this;
    upstream.send(this, request, this.view, extras, empty);
    // What follows a request for an upgrade belongs to nothing until it is granted.
    this.flowing = !extras.upgrade;
    if (this.generation !== generation || this.upstream !== upstream) return;
    const sent = this.#body;
    if (sent.length > 0) upstream.body(sent.bytes, 0, sent.length, false);
    if (this.requestDone && !empty && !extras.upgrade) upstream.finish(this.#requestTrailers);
    downstream.flow();
  }

  connectFailed(reason: ReasonCode): void {
    this.#nowMs = Number.NaN;
    this.tries.waited();
    this.tries.end(this.now(), true);
    if (nextTryAfterConnectFailure(this.tries.tried.length) === GIVE_UP) this.fail(this.connectReason(reason));
    else this.tryAnother(this.connectReason(reason));
  }

  requestData(bytes: Buffer, start: number, end: number): void {
    const { upstream } = this;
    this.record.requestBytes += end - start;
    if (upstream === null) return;
    this.#body.keep(bytes, start, end);
    upstream.body(bytes, start, end, this.downstream.retainable);
  }

  /** Also: the client's direction of a tunnel has ended. */
  requestEnd(trailers: Trailers | null): void {
    this.requestDone = true;
    this.#requestTrailers = trailers;
    const { upstream } = this;
    if (upstream === null) return;
    if (this.#tunnel || (this.downstream.request.body !== BODY_NONE && this.flowing)) upstream.finish(trailers);
    if (this.#tunnelAnswered) this.#endTunnel();
  }

  flushRequest(): void {
    const { upstream } = this;
    if (upstream === null) return;
    upstream.flush();
    if (!this.requestDone && upstream.blocked) this.downstream.hold();
  }

  upstreamDrained(): void {
    this.downstream.unhold();
  }

  // --- answer -------------------------------------------------------------------------------------

  interim(answer: AnswerHead): void {
    this.downstream.answerInterim(answer);
  }

  answerHead(answer: AnswerHead): void {
    const { mtls } = (this.upstream as Upstream).transport;
    this.#nowMs = Number.NaN;
    const reason = mtls ? peerReason(answer, this.#grpc) : "";
    this.tries.end(this.now(), isFailedTry(reason));
    if (nextTryAfterRefusal(reason, this.#body.replayable, this.tries.tried.length) !== GIVE_UP && this.hasAnother()) {
      this.#refusedFor = reason;
      // More of the body could make the request one that cannot be sent again.
      this.flowing = false;
      return;
    }
    this.#begin(answer, mtls);
  }

  #begin(answer: AnswerHead, mtls: boolean): void {
    const { record } = this;
    this.answerStarted = true;
    record.status = answer.status;
    if (this.side.engine.observer.wantsHeaders) record.responseHeaders = answer.toList();
    const said = mtls ? answer.internal(HEADER.REASON) : "";
    if (said !== "") {
      record.reason = said as ReasonCode;
      record.policy = answer.internal(HEADER.POLICY);
    }
    if (this.#grpc && answer.last) record.grpcStatus = grpcStatusOf(answer);
    this.downstream.answer(answer, said);
  }

  answerData(bytes: Buffer, start: number, end: number, final: boolean): void {
    if (this.#refusedFor !== "") return;
    this.record.responseBytes += end - start;
    this.downstream.answerData(bytes, start, end, (this.upstream as Upstream).retainable, final);
  }

  answerFlush(): void {
    this.#nowMs = Number.NaN;
    this.downstream.flush();
    if (this.downstream.blocked) {
      this.upstream?.pause();
      this.downstream.watchReader();
    }
  }

  answerEnd(trailers: Trailers | null): void {
    const refused = this.#refusedFor;
    if (refused === "") {
      if (this.#grpc && trailers !== null) this.record.grpcStatus = grpcStatusOf(trailers);
      this.downstream.answerEnd(trailers);
    }
    if (this.#tunnel) {
      this.#tunnelAnswered = true;
      if (this.requestDone) this.#endTunnel();
      return;
    }
    const upstream = this.upstream as Upstream;
    this.upstream = null;
    upstream.giveBack(this.requestDone, this.now());
    if (refused === "") this.#finish();
    else this.#askAnother(refused);
  }

  /** The answer that was not for the client is read, or lost on the way. */
  #askAnother(reason: ReasonCode): void {
    this.#refusedFor = "";
    // Whom the body waited for is not asked any more.
    this.downstream.unhold();
    this.tryAnother(reason);
  }

  /** The client has taken what was waiting. */
  downstreamDrained(): void {
    this.upstream?.resume();
  }

  /** The upstream is lost before its answer was complete. */
  lost(kind: LossKind, tooLarge: boolean, error: number): void {
    const upstream = this.upstream as Upstream;
    this.#nowMs = Number.NaN;
    this.upstream = null;
    this.flowing = false;
    if (this.#refusedFor !== "") {
      this.#askAnother(this.#refusedFor);
      return;
    }
    if (this.answerStarted) {
      this.record.reason = "upstream-reset";
      // Never an end that looks complete.
      this.downstream.abort(error >= 0 && error !== NO_ERROR ? error : INTERNAL_ERROR);
      this.#finish();
      return;
    }
    this.tries.end(this.now(), true);
    if (kind === LOST_BAD_RESPONSE || upstream.answered || (kind === LOST_EARLY_BYTES && !upstream.reused)) {
      this.fail(lossReason(kind, tooLarge));
      return;
    }
    const { view, record } = this;
    const next = this.tries.nextAfterLoss(upstream, this.#body.replayable, view.method, record.requestBytes > 0, this.hasAnother());
    const reason = refusedUs(kind, upstream) ? "peer-refused-identity" : lossReason(kind, tooLarge);
    if (next === GIVE_UP) this.fail(reason);
    else if (next === NEW_CONNECTION) this.useEndpoint(this.tries.endpoint as EndpointState, true);
    else this.tryAnother(reason);
  }

  // --- tunnel -------------------------------------------------------------------------------------

  switched(answer: AnswerHead): void {
    this.#nowMs = Number.NaN;
    this.tries.end(this.now(), false);
    this.#tunnel = true;
    this.flowing = true;
    this.requestDone = false;
    this.#begin(answer, (this.upstream as Upstream).transport.mtls);
    this.downstream.flush();
    this.downstream.tunnel();
  }

  #endTunnel(): void {
    this.#nowMs = Number.NaN;
    this.upstream?.closeTunnel();
    this.upstream = null;
    this.#finish();
  }

  // --- ends ---------------------------------------------------------------------------------------

  /** The bytes are not a request. */
  refuse(reason: ReasonCode): void {
    if (this.record.method === "") {
      this.downstream.openPartly(this.view);
      this.record.method = this.view.method;
      this.record.path = this.view.path;
    }
    this.#nowMs = Number.NaN;
    this.fail(reason);
  }

  timedOut(reason: ReasonCode): void {
    this.#nowMs = Number.NaN;
    this.fail(reason);
  }

  /** Answers instead of the upstream; `status` 0 resets the connection. Nothing but the end follows. */
  protected fail(reason: ReasonCode, status: number = REASONS[reason].status, policy = ""): void {
    const { record, downstream } = this;
    this.#dropUpstream();
    record.reason = reason;
    record.policy = policy;
    if (status === 0 || this.answerStarted) {
      downstream.abort(status === 0 && !this.answerStarted ? CANCEL : INTERNAL_ERROR);
      this.#finish();
      return;
    }
    record.status = status;
    downstream.reply({
      reason,
      status,
      policy: record.direction === "inbound" && downstream.transport.mtls ? policy : "",
      requestId: record.requestId,
      withBody: record.method !== "HEAD",
    });
    this.#finish();
  }

  protected failBy(refusal: Refusal): void {
    this.fail(refusal.reason, refusal.status, refusal.policy);
  }

  /** CONNECT: lets `take` have the connection. Whoever takes it reports its end. */
  protected handOver(take: (transport: Transport) => void): void {
    const given = this.downstream.handOver((transport) => {
      this.#recycle();
      take(transport);
    });
    if (!given) this.fail("bad-request");
  }

  /** The client is gone, in whatever state. */
  clientGone(): void {
    const { record } = this;
    this.#nowMs = Number.NaN;
    // A tunnel whose one side has said goodbye may go as a whole.
    if (record.reason === "" && !(this.#tunnel && (this.requestDone || this.#tunnelAnswered))) record.reason = "downstream-reset";
    this.#dropUpstream();
    this.#report();
    this.#recycle();
  }

  #dropUpstream(): void {
    const { upstream } = this;
    this.tries.stopWaiting(this);
    this.tries.end(this.now(), false);
    this.upstream = null;
    upstream?.abandon();
  }

  #finish(): void {
    this.#report();
    this.downstream.exchangeEnded(this.now());
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
    this.#body.reset();
    this.#requestTrailers = null;
    this.#refusedFor = "";
    this.tries.reset();
    this.clear();
    this.side.giveExchange(this);
  }
}

function lossReason(kind: LossKind, tooLarge: boolean): ReasonCode {
  if (kind === LOST_CLOSED) return "upstream-reset";
  return tooLarge ? "upstream-headers-too-large" : "upstream-bad-response";
}
