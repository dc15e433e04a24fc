/**
 * One request and its answer: the middle between a {@link ServerConnection} and a {@link ClientConnection}.
 * Reused for the next request. What becomes of the request (route, endpoint) is the subclass's business.
 */
import type { EndpointState } from "../../decide/contract.ts";
import type { PathRefusal } from "../../match/path.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import { REASONS } from "../../messages/reasons.ts";
import type { Refusal } from "../../policies/contract.ts";
import { FULL, type EndpointPool, type Waiter } from "../pool/endpoint-pool.ts";
import { GIVE_UP, NEW_CONNECTION, nextTryAfterConnectFailure, nextTryAfterLoss } from "../resilience/safe-tries.ts";
import {
  type AnswerOwner,
  type ClientConnection,
  LOST_BAD_RESPONSE,
  LOST_CLOSED,
  LOST_EARLY_BYTES,
  type LossKind,
} from "./client-connection.ts";
import { ByteWriter } from "./codec/byte-writer.ts";
import type { Transport } from "../contract.ts";
import type { Failure } from "./codec/failure.ts";
import type { Head } from "./codec/head.ts";
import { BODY_CHUNKED, BODY_NONE, type MessageReader } from "./codec/message-reader.ts";
import { isIdempotent } from "./codec/methods.ts";
import { writeLastChunk } from "./codec/write-head.ts";
import { HttpRecord } from "./exchange-record.ts";
import { type OwnReply, writeReply } from "./reply.ts";
import { HeadView } from "./request-view.ts";
import type { ServerConnection } from "./server-connection.ts";
import type { ServerSide } from "./server-side.ts";
import { HIGH_WATER_BYTES, type Wire } from "./wire.ts";
import { type RequestExtras, writeRequestHead } from "./write-request.ts";
import { type AnswerFraming, writeAnswerHead } from "./write-answer.ts";

/** Requests up to this size, head included, are kept until they are answered, so that they can be sent again. */
const MAX_REPLAY_BYTES = 64 * 1_024;
const FIRST_OUT_BYTES = 2_048;
/** A larger writer is not kept for the next request. */
const MAX_KEPT_OUT_BYTES = 16 * 1_024;
/** From this size on, body bytes go to the socket as they are instead of being copied behind a head. */
const DIRECT_BYTES = 8 * 1_024;

export abstract class Exchange implements AnswerOwner, Waiter {
  readonly view = new HeadView();
  readonly record: HttpRecord;
  protected readonly side: ServerSide;
  protected connection!: ServerConnection;
  protected reader!: MessageReader;
  protected upstream: ClientConnection | null = null;
  /** Request body and end have been read. */
  requestDone = false;
  /** Body bytes may come: there is an upstream, or they are not wanted any more. */
  flowing = false;
  wantsUpgrade = false;
  /** Endpoints asked, in order; the last one is the current. */
  protected readonly tried: EndpointState[] = [];
  protected endpoint: EndpointState | null = null;
  /** Counts the requests this object has served: what calls back late compares it. */
  protected generation = 0;
  #waitingPool: EndpointPool | null = null;
  #out = new ByteWriter(FIRST_OUT_BYTES);
  #flushed = 0;
  #replayable = true;
  #repeated = false;
  /** Between {@link tryBegan} and {@link tryEnded}. */
  #trying = false;
  #framing: AnswerFraming = { http10: false, keep: false, meshPeer: false, peerToo: false, chunked: false, reason: "", policy: "" };
  #extras: RequestExtras = { requestId: "", meshSource: "", upgrade: false };
  /** Some of the answer is on its way to the client. */
  answerStarted = false;
  #keep = false;
  #upstreamEnded = false;
  #clientEnded = false;
  #startMs = 0;
  /** When the try under way began, dialling included: a slow accept is a slow endpoint. */
  #sentMs = 0;

  constructor(side: ServerSide, direction: "inbound" | "outbound") {
    this.side = side;
    this.record = new HttpRecord(direction);
  }

  // --- what a direction decides -------------------------------------------------------------------

  /** The head is whole and valid: find out where it goes and how long it waits, then {@link holdFor}; or {@link fail}. */
  protected abstract decide(): void;
  /** The wait is over: admission, then {@link useEndpoint}; or {@link fail}. */
  protected abstract admit(): void;
  protected abstract tryBegan(state: EndpointState, nowMs: number): void;
  protected abstract tryEnded(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void;
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
    this.#flushed = 0;
    this.#replayable = true;
    this.#repeated = false;
    this.answerStarted = false;
    this.#upstreamEnded = false;
    this.#clientEnded = false;
    this.#keep = false;
    const { clock } = this.side.engine;
    this.#startMs = clock.monotonicMs();
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
    // What happens later must not find the bytes of somebody else's request.
    if (this.generation === generation && this.upstream === null) head.own();
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

  /** Lets the request go on to {@link admit} after `delayMs`. */
  protected holdFor(delayMs: number): void {
    if (delayMs <= 0) {
      this.admit();
      return;
    }
    const { generation } = this;
    this.side.engine.clock.setTimer(() => {
      if (this.generation === generation) this.admit();
    }, delayMs);
  }

  // --- upstream -----------------------------------------------------------------------------------

  /** Sends the request to `state`, on an idle connection when there is one and `fresh` does not forbid it. */
  protected useEndpoint(state: EndpointState, fresh: boolean): void {
    const { record } = this;
    this.endpoint = state;
    if (!fresh) this.tried.push(state);
    record.attempts += 1;
    const nowMs = this.side.engine.clock.monotonicMs();
    this.#trying = true;
    this.#sentMs = nowMs;
    this.tryBegan(state, nowMs);
    const pool = this.poolOf(state);
    const connection = fresh ? null : pool.takeIdle();
    if (connection !== null) {
      this.connected(connection);
      return;
    }
    this.#waitingPool = pool;
    if (pool.open(this) === FULL) {
      this.#waitingPool = null;
      this.#endTry(false);
      this.fail("overloaded");
    }
  }

  connected(upstream: ClientConnection): void {
    this.#waitingPool = null;
    this.upstream = upstream;
    const { head } = this.reader;
    if (this.#out.length === 0) {
      const extras = this.#extras;
      extras.meshSource = upstream.transport.mtls ? this.meshSource() : "";
      extras.upgrade = this.wantsUpgrade;
      writeRequestHead(this.#out, head, this.view, extras);
    }
    this.#flushed = 0;
    upstream.begin(this, this.view.method === "HEAD");
    this.flowing = true;
    this.connection.flow();
  }

  connectFailed(reason: ReasonCode): void {
    this.#waitingPool = null;
    this.#endTry(true);
    if (nextTryAfterConnectFailure(this.tried.length) === GIVE_UP) this.fail(this.connectReason(reason));
    else this.tryAnother(this.connectReason(reason));
  }

  /** The next endpoint, or `reason` when there is no other. */
  protected abstract tryAnother(reason: ReasonCode): void;

  requestData(bytes: Buffer, start: number, end: number): void {
    const { upstream } = this;
    const out = this.#out;
    const count = end - start;
    this.record.requestBytes += count;
    if (upstream === null) return;
    if (this.#flushed === out.length && out.length + count > MAX_REPLAY_BYTES) this.#forgetSent(upstream);
    const chunked = this.reader.body === BODY_CHUNKED;
    if (chunked) out.chunkLine(count);
    if (count >= DIRECT_BYTES && this.connection.wire.retainable) {
      this.flushRequest();
      this.#forgetSent(upstream);
      upstream.wire.write(bytes, start, end);
    } else {
      out.span(bytes, start, end);
    }
    if (chunked) out.crlf();
  }

  /** From here on the request cannot be sent again. */
  #forgetSent(upstream: ClientConnection): void {
    this.#replayable = false;
    this.#flushed = 0;
    if (upstream.wire.pending > 0) this.#out.abandon(FIRST_OUT_BYTES);
    else this.#out.reset();
  }

  requestEnd(reader: MessageReader): void {
    this.requestDone = true;
    if (reader.body === BODY_CHUNKED && this.upstream !== null) writeLastChunk(this.#out, reader.trailers);
  }

  flushRequest(): void {
    const { upstream } = this;
    if (upstream === null || this.#out.length === this.#flushed) return;
    upstream.send(this.#out, this.#flushed);
    this.#flushed = this.#out.length;
    if (!this.requestDone && upstream.wire.pending > HIGH_WATER_BYTES) this.connection.hold();
  }

  upstreamDrained(): void {
    this.connection.unhold();
  }

  // --- answer -------------------------------------------------------------------------------------

  interimHead(reader: MessageReader): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 15.2).
    if (this.reader.head.minor === 0) return;
    const { scratch } = this.side;
    scratch.reset();
    writeAnswerHead(scratch, reader, this.#framing);
    this.#writeScratch();
  }

  answerHead(reader: MessageReader): void {
    const { head } = reader;
    const { record, side } = this;
    const upstream = this.upstream as ClientConnection;
    const framing = this.#framing;
    this.answerStarted = true;
    this.#endTry(false);
    record.status = head.status;
    if (side.engine.observer.wantsHeaders) record.responseHeaders = head.toList();
    framing.http10 = this.reader.head.minor === 0;
    framing.keep =
      this.#keep && !side.draining && this.connection.transport.retired !== true && head.status !== 101 && this.connection.canKeep(this);
    framing.meshPeer = upstream.transport.mtls;
    framing.peerToo = record.direction === "inbound" && this.connection.transport.mtls;
    framing.reason = "";
    framing.policy = "";
    side.scratch.reset();
    writeAnswerHead(side.scratch, reader, framing);
    this.#keep = framing.keep;
    if (framing.reason !== "") record.reason = framing.reason as ReasonCode;
    if (framing.policy !== "") record.policy = framing.policy;
  }

  answerData(bytes: Buffer, start: number, end: number): void {
    const { scratch } = this.side;
    const count = end - start;
    this.record.responseBytes += count;
    const { chunked } = this.#framing;
    if (chunked) scratch.chunkLine(count);
    if (count >= DIRECT_BYTES && (this.upstream as ClientConnection).wire.retainable) {
      this.#writeScratch();
      this.connection.wire.write(bytes, start, end);
    } else {
      scratch.span(bytes, start, end);
    }
    if (chunked) scratch.crlf();
  }

  answerFlush(): void {
    this.#writeScratch();
    if (this.connection.blocked) {
      this.upstream?.wire.pause();
      this.connection.watchReader();
    }
  }

  answerEnd(reader: MessageReader): void {
    if (this.#framing.chunked) writeLastChunk(this.side.scratch, reader.trailers);
    this.#writeScratch();
    const upstream = this.upstream as ClientConnection;
    this.upstream = null;
    if (!this.requestDone) upstream.reusable = false;
    this.#dropOut(upstream);
    upstream.giveBack();
    this.#finish(this.#keep);
  }

  #writeScratch(): void {
    const { scratch } = this.side;
    if (scratch.length === 0) return;
    const free = this.connection.wire.write(scratch.bytes, 0, scratch.length);
    if (free) scratch.reset();
    else scratch.abandon(scratch.bytes.length > 64 * 1_024 ? 32 * 1_024 : scratch.bytes.length);
  }

  /** The client has taken what was waiting. */
  downstreamDrained(): void {
    const { upstream } = this;
    if (upstream !== null) upstream.wire.resume();
  }

  /** The upstream connection is lost before its answer was complete. */
  lost(kind: LossKind, failure: Failure | null): void {
    const upstream = this.upstream as ClientConnection;
    this.upstream = null;
    this.flowing = false;
    if (this.answerStarted) {
      this.record.reason = "upstream-reset";
      this.#dropOut(upstream);
      // Never an end that looks complete.
      this.connection.reset();
      this.#finish(false);
      return;
    }
    this.#endTry(true);
    if (kind === LOST_BAD_RESPONSE || upstream.answered || (kind === LOST_EARLY_BYTES && !upstream.reused)) {
      this.fail(lossReason(kind, failure));
      return;
    }
    const next = nextTryAfterLoss({
      replayable: this.#replayable,
      reused: upstream.reused,
      mtls: upstream.transport.mtls,
      idempotent: isIdempotent(this.view.method),
      bodySent: this.record.requestBytes > 0,
      repeated: this.#repeated,
      endpointsTried: this.tried.length,
    });
    const refusedUs = kind === LOST_CLOSED && upstream.transport.mtls && !upstream.reused;
    const reason = refusedUs ? "peer-refused-identity" : lossReason(kind, failure);
    if (next === GIVE_UP) this.fail(reason);
    else if (next === NEW_CONNECTION) {
      this.#repeated = true;
      this.useEndpoint(this.endpoint as EndpointState, true);
    } else this.tryAnother(reason);
  }

  // --- tunnel after 101 ---------------------------------------------------------------------------

  switched(): void {
    this.connection.tunnel();
  }

  tunnelData(bytes: Buffer, start: number, end: number): void {
    this.record.responseBytes += end - start;
    this.connection.touch();
    pass(this.connection.wire, bytes, start, end, (this.upstream as ClientConnection).wire.retainable);
    if (this.connection.blocked) this.upstream?.wire.pause();
  }

  tunnelToUpstream(bytes: Buffer, start: number, end: number): void {
    const upstream = this.upstream as ClientConnection;
    this.record.requestBytes += end - start;
    pass(upstream.wire, bytes, start, end, this.connection.wire.retainable);
    if (upstream.wire.pending > HIGH_WATER_BYTES) this.connection.hold();
  }

  tunnelEnd(): void {
    this.#upstreamEnded = true;
    this.connection.wire.end();
    this.#checkTunnel();
  }

  tunnelEndFromClient(): void {
    this.#clientEnded = true;
    this.upstream?.wire.end();
    this.#checkTunnel();
  }

  #checkTunnel(): void {
    if (!this.#upstreamEnded || !this.#clientEnded) return;
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
    this.#keep = false;
    this.fail(failure.reason);
  }

  timedOut(reason: "header-timeout" | "idle-timeout"): void {
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
    const { head } = this.reader;
    const keep = this.#keep && head.minor === 1 && !side.draining && connection.canKeep(this);
    const peer = record.direction === "inbound" && connection.transport.mtls;
    const reply: OwnReply = {
      reason,
      status,
      policy: peer ? policy : "",
      requestId: record.requestId,
      close: !keep,
      withBody: record.method !== "HEAD",
    };
    record.status = status;
    side.scratch.reset();
    writeReply(side.scratch, reply);
    this.#writeScratch();
    this.#finish(keep);
  }

  protected failBy(refusal: Refusal): void {
    this.fail(refusal.reason, refusal.status, refusal.policy);
  }

  /** CONNECT: answers 200 and lets `take` have the connection. Whoever takes it reports its end. */
  protected handOver(take: (transport: Transport) => void): void {
    const { connection } = this;
    connection.handOver(() => {
      const { scratch } = this.side;
      scratch.reset();
      scratch.text("HTTP/1.1 200 Connection established\r\n\r\n");
      this.#writeScratch();
      connection.detach();
      this.#recycle();
      take(connection.transport);
    });
  }

  /** The client is gone, in whatever state. */
  clientGone(): void {
    const { record } = this;
    if (record.reason === "" && !(this.#upstreamEnded || this.#clientEnded)) record.reason = "downstream-reset";
    this.#dropUpstream();
    this.#end();
  }

  #dropUpstream(): void {
    const { upstream } = this;
    if (this.#waitingPool !== null) {
      this.#waitingPool.forget(this);
      this.#waitingPool = null;
    }
    this.#endTry(false);
    this.upstream = null;
    if (upstream === null) return;
    this.#dropOut(upstream);
    upstream.abandon();
  }

  /** The balancer hears the end of each try once. One that was given up took at least as long as it lasted. */
  #endTry(failed: boolean): void {
    const { endpoint } = this;
    if (endpoint === null || !this.#trying) return;
    this.#trying = false;
    const nowMs = this.side.engine.clock.monotonicMs();
    this.tryEnded(endpoint, nowMs, nowMs - this.#sentMs, failed);
  }

  #dropOut(upstream: ClientConnection): void {
    if (upstream.wire.pending > 0 || this.#out.bytes.length > MAX_KEPT_OUT_BYTES) this.#out.abandon(FIRST_OUT_BYTES);
  }

  #finish(keep: boolean): void {
    const { connection } = this;
    this.#report();
    connection.exchangeEnded(this, keep);
    this.#recycle();
  }

  #end(): void {
    this.#report();
    this.#recycle();
  }

  #report(): void {
    const { record, endpoint, side } = this;
    record.durationMs = side.engine.clock.monotonicMs() - this.#startMs;
    if (endpoint !== null) record.destinationAddress = endpoint.endpoint.address;
    side.engine.observer.ended(record);
  }

  #recycle(): void {
    this.generation += 1;
    this.#out.reset();
    this.tried.length = 0;
    this.endpoint = null;
    this.clear();
    this.side.giveExchange(this);
  }
}

function lossReason(kind: LossKind, failure: Failure | null): ReasonCode {
  if (kind === LOST_CLOSED) return "upstream-reset";
  return failure !== null && failure.reason === "headers-too-large" ? "upstream-headers-too-large" : "upstream-bad-response";
}

/** Writes bytes through; copied when they are about to change. */
function pass(wire: Wire, bytes: Buffer, start: number, end: number, retainable: boolean): void {
  if (retainable) wire.write(bytes, start, end);
  else wire.write(Buffer.from(bytes.subarray(start, end)), 0, end - start);
}
