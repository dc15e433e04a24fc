/**
 * One request and its answer: the middle between a {@link Downstream} and an {@link Upstream}, whichever protocols
 * they speak. Reused for the next request. Here is the request's way and every end; the answer's way is in
 * `answering-exchange.ts`, and what becomes of the request (route, endpoint) the business of each direction.
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
import { GIVE_UP, nextTryAfterConnectFailure } from "../resilience/safe-tries.ts";
import { CANCEL, INTERNAL_ERROR } from "../http2/codec/error-codes.ts";
import { RequestTrace } from "../trace/request-trace.ts";
import type { Downstream } from "./downstream.ts";
import { isGrpc } from "./grpc.ts";
import type { AnswerHead, RequestExtras, Trailers } from "./message.ts";
import { HeadView } from "./request-view.ts";
import { RetainedBody } from "./retained-body.ts";
import type { ServerSide } from "./server-side.ts";
import { type TryObserver, Tries } from "./tries.ts";
import type { AnswerOwner, LossKind, Upstream } from "./upstream.ts";

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
  protected readonly sent = new RetainedBody();
  readonly #extras: RequestExtras = { requestId: "", meshSource: "", meshProtocol: "", upgrade: false, trace: null };
  readonly #trace = new RequestTrace();
  #requestTrailers: Trailers | null = null;
  /** Why the answer being read goes no further: its peer did nothing with the request, another endpoint may. */
  protected refusedFor: ReasonCode | "" = "";
  /** After a granted upgrade: bytes pass unread. */
  protected tunnelled = false;
  /** The upstream's direction of the tunnel has ended. */
  protected tunnelAnswered = false;
  protected grpc = false;
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
    this.tunnelled = false;
    this.tunnelAnswered = false;
    this.grpc = false;
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
      this.grpc = true;
      record.protocol = "grpc";
    }
    if (this.side.engine.observer.wantsHeaders) record.requestHeaders = request.toList();
    if (!this.side.engine.overload.admits()) {
      this.fail("overloaded");
      return;
    }
    const { generation } = this;
    this.decide();
    if (this.generation !== generation) return;
    this.timePassed();
    // What happens later, a try on another connection too, must not find the bytes of somebody else's request.
    downstream.retain();
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
    this.#takeTrace();
  }

  /** What comes over mutual TLS was sent by a proxy: whether a trace begins has been decided there. */
  #takeTrace(): void {
    const { record } = this;
    const { tracer } = this.side.engine;
    const { request } = this.downstream;
    const trace = this.#trace;
    const mayBegin = record.direction === "outbound" || !record.mtls;
    this.#extras.trace = null;
    if (request.traced) trace.open(request, tracer, mayBegin);
    else if (mayBegin && tracer.begins()) trace.begin(tracer);
    else return;
    if (!trace.sampled) return;
    this.#extras.trace = trace;
    record.traceId = trace.traceId;
    record.spanId = trace.spanId;
    record.parentSpanId = trace.parentSpanId;
  }

  /** What is handled from here on came later. */
  protected timePassed(): void {
    this.#nowMs = Number.NaN;
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
      this.timePassed();
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
    this.sent.begin(upstream.mayRefuse);
    const { mtls } = upstream.transport;
    extras.meshSource = mtls ? this.meshSource() : "";
    extras.meshProtocol = mtls ? this.meshProtocol() : "";
    extras.upgrade = downstream.wantsUpgrade;
    const empty = request.body === BODY_NONE && !extras.upgrade;
    const { generation } = this;
    upstream.send(this, request, this.view, extras, empty);
    if (this.generation !== generation || this.upstream !== upstream) return;
    // What follows a request for an upgrade belongs to nothing until it is granted.
    this.flowing = !extras.upgrade;
    const { sent } = this;
    if (sent.length > 0) upstream.body(sent.bytes, 0, sent.length, false);
    if (this.requestDone && !empty && !extras.upgrade) upstream.finish(this.#requestTrailers);
    downstream.flow();
  }

  connectFailed(reason: ReasonCode): void {
    this.timePassed();
    this.tries.waited();
    this.tries.end(this.now(), true);
    if (nextTryAfterConnectFailure(this.tries.tried.length) === GIVE_UP) this.fail(this.connectReason(reason));
    else this.tryAnother(this.connectReason(reason));
  }

  requestData(bytes: Buffer, start: number, end: number): void {
    const { upstream } = this;
    this.record.requestBytes += end - start;
    if (upstream === null) return;
    this.sent.keep(bytes, start, end);
    upstream.body(bytes, start, end, this.downstream.retainable);
  }

  /** Also: the client's direction of a tunnel has ended. */
  requestEnd(trailers: Trailers | null): void {
    this.requestDone = true;
    this.#requestTrailers = trailers === null ? null : trailers.kept();
    const { upstream } = this;
    if (upstream === null) return;
    if (this.tunnelled || (this.downstream.request.body !== BODY_NONE && this.flowing)) upstream.finish(trailers);
    if (this.tunnelAnswered) this.endTunnel();
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

  /** The client has taken what was waiting. */
  downstreamDrained(): void {
    this.upstream?.resume();
  }

  // --- the answer, in the subclass ----------------------------------------------------------------

  abstract interim(answer: AnswerHead): void;
  abstract answerHead(answer: AnswerHead): void;
  abstract answerData(bytes: Buffer, start: number, end: number, final: boolean): void;
  abstract answerFlush(): void;
  abstract answerEnd(trailers: Trailers | null): void;
  abstract switched(answer: AnswerHead): void;
  abstract lost(kind: LossKind, tooLarge: boolean, error: number): void;

  // --- ends ---------------------------------------------------------------------------------------

  /** The bytes are not a request. */
  refuse(reason: ReasonCode): void {
    if (this.record.method === "") {
      this.downstream.openPartly(this.view);
      this.record.method = this.view.method;
      this.record.path = this.view.path;
    }
    this.timePassed();
    this.fail(reason);
  }

  timedOut(reason: ReasonCode): void {
    this.timePassed();
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
      this.finish();
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
    this.finish();
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
    this.timePassed();
    // A tunnel whose one side has said goodbye may go as a whole.
    if (record.reason === "" && !(this.tunnelled && (this.requestDone || this.tunnelAnswered))) record.reason = "downstream-reset";
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

  protected endTunnel(): void {
    this.timePassed();
    this.upstream?.closeTunnel();
    this.upstream = null;
    this.finish();
  }

  protected finish(): void {
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
    this.sent.reset();
    this.#requestTrailers = null;
    this.refusedFor = "";
    this.tries.reset();
    this.clear();
    this.side.giveExchange(this);
  }
}
