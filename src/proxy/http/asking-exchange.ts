import type { EndpointState } from "../../decide/contract.ts";
import type { Timer } from "../../lib/clock.ts";
import type { PathRefusal } from "../../match/path.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import type { Failure } from "../http1/codec/failure.ts";
import { BODY_NONE } from "../http1/codec/message-reader.ts";
import type { EndpointPool } from "../pool/endpoint-pool.ts";
import { GIVE_UP, nextTryAfterConnectFailure } from "../resilience/safe-tries.ts";
import { Exchange } from "./exchange.ts";
import { isGrpc } from "./grpc.ts";
import { GRPC_TIMEOUT, formatGrpcTimeout, parseGrpcTimeout } from "./grpc-timeout.ts";
import type { Trailers } from "./message.ts";
import { RequestMarks } from "./request-marks.ts";
import type { Upstream } from "./upstream.ts";

/** The request's way through an exchange: what it is, how long it waits, and to whom it goes. */
export abstract class AskingExchange extends Exchange {
  readonly #marks = new RequestMarks();
  #hold: Timer | null = null;
  /** What `grpc-timeout` said, in milliseconds; NaN without one. */
  #timeoutMs = Number.NaN;

  // --- what a direction decides -------------------------------------------------------------------

  /** Reads target and authority into {@link view}. */
  protected abstract openView(): Failure | PathRefusal | null;
  /** The head is whole and valid: find out where it goes and how long it waits, then {@link holdFor}; or {@link fail}. */
  protected abstract decide(): void;
  /** The wait is over: admission, then {@link useEndpoint}; or {@link fail}. */
  protected abstract admit(): void;
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

  // --- what it is ---------------------------------------------------------------------------------

  override start(): void {
    if (!this.#read() || (this.grpc && !this.#takeTimeout())) return;
    const { generation } = this;
    this.decide();
    if (this.generation !== generation) return;
    this.timePassed();
    // What happens later, a try on another connection too, must not find the bytes of somebody else's request.
    this.downstream.retain();
  }

  override turnAway(waitedMs: number): void {
    this.hasWaited(waitedMs);
    if (!this.#read()) return;
    this.side.describe(this.record, this.downstream);
    this.fail("overloaded");
  }

  /** What the head says. False: it was answered. */
  #read(): boolean {
    const { record, view, downstream } = this;
    const { engine } = this.side;
    const { request } = downstream;
    record.protocol = downstream.protocol;
    const refused = this.openView();
    if (refused !== null) {
      if ("reason" in refused) this.refuse(refused.reason);
      else {
        downstream.openPartly(view);
        this.#marks.take(request, record, engine);
        this.fail("bad-path");
      }
      return false;
    }
    record.method = view.method;
    record.path = view.path;
    record.authority = view.authority;
    this.#marks.take(request, record, engine);
    if (record.protocol === "http/2" && isGrpc(request.header("content-type"))) {
      this.grpc = true;
      record.protocol = "grpc";
    }
    if (engine.observer.wantsHeaders) record.requestHeaders = request.toList();
    return true;
  }

  /** The time a call may take begins to run. False: it is refused, or over already. */
  #takeTimeout(): boolean {
    const text = this.downstream.request.header(GRPC_TIMEOUT);
    this.#timeoutMs = Number.NaN;
    if (text === undefined || this.downstream.wantsUpgrade) return true;
    const timeoutMs = parseGrpcTimeout(text);
    if (Number.isNaN(timeoutMs)) {
      this.fail("bad-grpc-timeout");
      return false;
    }
    if (timeoutMs === 0) {
      this.fail("deadline-exceeded");
      return false;
    }
    this.#timeoutMs = timeoutMs;
    this.side.engine.wheel.set(this.deadline, this.startMs, timeoutMs);
    return true;
  }

  /** Lets the request go on to {@link admit} after `delayMs`. */
  protected holdFor(delayMs: number): void {
    if (delayMs <= 0) {
      this.admit();
      return;
    }
    this.#hold = this.side.engine.clock.setTimer(() => {
      this.#hold = null;
      this.timePassed();
      this.admit();
    }, delayMs);
  }

  protected override clear(): void {
    this.#timeoutMs = Number.NaN;
    if (this.#hold === null) return;
    this.#hold.cancel();
    this.#hold = null;
  }

  // --- to whom it goes ----------------------------------------------------------------------------

  /** Sends the request to `state`; `fresh`: on a connection that has carried nothing. */
  protected useEndpoint(state: EndpointState, fresh: boolean): void {
    this.record.attempts += 1;
    this.tries.begin(state, fresh, this.now());
    const pool = this.poolOf(state);
    const upstream = pool.take(fresh);
    if (upstream !== null) this.connected(upstream);
    else if (!this.tries.waitFor(pool, this)) {
      this.side.pressed();
      this.fail("overloaded");
    }
  }

  override connected(upstream: Upstream): void {
    const { downstream } = this;
    const { request } = downstream;
    const { extras } = this.#marks;
    this.tries.waited();
    this.upstream = upstream;
    this.sent.begin(upstream.mayRefuse);
    const { mtls } = upstream.transport;
    extras.meshSource = mtls ? this.meshSource() : "";
    extras.meshProtocol = mtls ? this.meshProtocol() : "";
    extras.upgrade = downstream.wantsUpgrade;
    if (this.#timeoutMs > 0) extras.grpcTimeout = this.#timeoutLeft();
    const empty = request.body === BODY_NONE && !extras.upgrade;
    const { generation } = this;
    upstream.send(this, request, this.view, extras, empty);
    if (this.generation !== generation || this.upstream !== upstream) return;
    // What follows a request for an upgrade belongs to nothing until it is granted.
    this.flowing = !extras.upgrade;
    const { sent } = this;
    if (sent.length > 0) upstream.body(sent.bytes, 0, sent.length, false);
    if (this.requestDone && !empty && !extras.upgrade) upstream.finish(this.requestTrailers);
    downstream.flow();
  }

  /** Empty: no time worth telling has passed, what the client said goes on as it came. */
  #timeoutLeft(): string {
    const passedMs = this.now() - this.startMs;
    return passedMs < 1 ? "" : formatGrpcTimeout(this.#timeoutMs - passedMs);
  }

  override connectFailed(reason: ReasonCode): void {
    this.timePassed();
    this.tries.waited();
    this.tries.end(this.now(), true);
    if (nextTryAfterConnectFailure(this.tries.tried.length) === GIVE_UP) this.fail(this.connectReason(reason));
    else this.tryAnother(this.connectReason(reason));
  }

  // --- its body -----------------------------------------------------------------------------------

  override requestData(bytes: Buffer, start: number, end: number): void {
    const { upstream } = this;
    this.record.requestBytes += end - start;
    if (upstream === null) return;
    this.sent.keep(bytes, start, end);
    upstream.body(bytes, start, end, this.downstream.retainable);
  }

  override requestEnd(trailers: Trailers | null): void {
    this.requestDone = true;
    this.requestTrailers = trailers === null ? null : trailers.kept();
    const { upstream } = this;
    if (upstream === null) return;
    if (this.tunnelled || (this.downstream.request.body !== BODY_NONE && this.flowing)) upstream.finish(trailers);
    if (this.tunnelAnswered) this.endTunnel();
  }

  override flushRequest(): void {
    const { upstream } = this;
    if (upstream === null) return;
    upstream.flush();
    if (!this.requestDone && upstream.blocked) this.downstream.hold();
  }

  override upstreamDrained(): void {
    this.downstream.unhold();
  }

  override downstreamDrained(): void {
    this.upstream?.resume();
  }
}
