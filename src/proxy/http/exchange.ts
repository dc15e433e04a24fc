/**
 * One request and its answer: the middle between a {@link Downstream} and an {@link Upstream}, whichever protocols
 * they speak. Reused for the next request. Here is what it knows, and every end; the request's way is in
 * `asking-exchange.ts`, the answer's in `answering-exchange.ts`, and what becomes of the request (route, endpoint)
 * the business of each direction.
 */
import type { EndpointState } from "../../decide/contract.ts";
import { REASONS, type ReasonCode } from "../../messages/reasons.ts";
import type { Refusal } from "../../policies/contract.ts";
import { Deadline, type DeadlineOwner } from "../../lib/wheel.ts";
import type { Transport } from "../contract.ts";
import { TrafficRecord } from "../exchange-record.ts";
import type { Waiter } from "../pool/endpoint-pool.ts";
import { CANCEL, INTERNAL_ERROR } from "../http2/codec/error-codes.ts";
import type { Downstream } from "./downstream.ts";
import type { AnswerHead, Trailers } from "./message.ts";
import type { OwnReply } from "./reply.ts";
import { HeadView } from "./request-view.ts";
import { RetainedBody } from "./retained-body.ts";
import type { ServerSide } from "./server-side.ts";
import { type TryObserver, Tries } from "./tries.ts";
import type { AnswerOwner, LossKind, Upstream } from "./upstream.ts";

export abstract class Exchange implements AnswerOwner, Waiter, TryObserver, DeadlineOwner {
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
  protected requestTrailers: Trailers | null = null;
  /** Why the answer being read goes no further: its peer did nothing with the request, another endpoint may. */
  protected refusedFor: ReasonCode | "" = "";
  /** After a granted upgrade: bytes pass unread. */
  protected tunnelled = false;
  /** The upstream's direction of the tunnel has ended. */
  protected tunnelAnswered = false;
  protected grpc = false;
  /** When the call has to be over, where its client said so. */
  protected readonly deadline = new Deadline(this);
  #startMs = 0;
  /** The time as of the read being handled; NaN: not asked yet. */
  #nowMs = 0;

  constructor(side: ServerSide, direction: "inbound" | "outbound") {
    this.side = side;
    this.tries = new Tries(this);
    this.record = new TrafficRecord(direction);
  }

  // --- the request, in the subclass ---------------------------------------------------------------

  abstract start(): void;
  /** Instead of {@link start}: there is no time for it. It has waited for this answer already. */
  abstract turnAway(waitedMs: number): void;
  abstract connected(upstream: Upstream): void;
  abstract connectFailed(reason: ReasonCode): void;
  abstract requestData(bytes: Buffer, start: number, end: number): void;
  /** Also: the client's direction of a tunnel has ended. */
  abstract requestEnd(trailers: Trailers | null): void;
  abstract flushRequest(): void;
  /** The client has taken what was waiting. */
  abstract downstreamDrained(): void;
  abstract tryBegan(state: EndpointState, nowMs: number): void;
  abstract tryEnded(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void;
  /** Forgets what only this request knew. */
  protected abstract clear(): void;

  // --- the answer, in the subclass ----------------------------------------------------------------

  abstract interim(answer: AnswerHead): void;
  abstract answerHead(answer: AnswerHead): void;
  abstract answerData(bytes: Buffer, start: number, end: number, final: boolean): void;
  abstract answerFlush(): void;
  abstract answerEnd(trailers: Trailers | null): void;
  abstract switched(answer: AnswerHead): void;
  abstract upstreamDrained(): void;
  abstract lost(kind: LossKind, tooLarge: boolean, error: number): void;

  // --- the beginning ------------------------------------------------------------------------------

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

  // --- time ---------------------------------------------------------------------------------------

  /** What is handled from here on came later. */
  protected timePassed(): void {
    this.#nowMs = Number.NaN;
  }

  /** Monotonic time, asked once while a read is handled. */
  protected now(): number {
    if (Number.isNaN(this.#nowMs)) this.#nowMs = this.side.engine.clock.monotonicMs();
    return this.#nowMs;
  }

  /** It began so long before it was opened. */
  protected hasWaited(ms: number): void {
    this.#startMs -= ms;
  }

  /** When the request began: for the connection's deadlines. */
  get startMs(): number {
    return this.#startMs;
  }

  /** The call's own deadline: wherever it is by now. */
  onDeadline(): void {
    this.timedOut("deadline-exceeded");
  }

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
    if (status === 0) downstream.abort(this.answerStarted ? INTERNAL_ERROR : CANCEL);
    else if (!this.answerStarted) {
      record.status = status;
      downstream.reply(this.#reply(reason, status, policy));
    } else if (!this.grpc || !downstream.endLate(this.#reply(reason, status, policy))) downstream.abort(INTERNAL_ERROR);
    this.finish();
  }

  #reply(reason: ReasonCode, status: number, policy: string): OwnReply {
    const { record, downstream } = this;
    return {
      reason,
      status,
      policy: record.direction === "inbound" && downstream.transport.mtls ? policy : "",
      requestId: record.requestId,
      withBody: record.method !== "HEAD",
    };
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
    this.side.engine.wheel.clear(this.deadline);
    this.sent.reset();
    this.requestTrailers = null;
    this.refusedFor = "";
    this.tries.reset();
    this.clear();
    this.side.giveExchange(this);
  }
}
