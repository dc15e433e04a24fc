import type { EndpointState } from "../../decide/contract.ts";
import { HEADER } from "../../messages/names.ts";
import type { ReasonCode } from "../../messages/reasons.ts";
import { INTERNAL_ERROR, NO_ERROR } from "../http2/codec/error-codes.ts";
import { GIVE_UP, NEW_CONNECTION, isFailedTry, nextTryAfterRefusal } from "../resilience/safe-tries.ts";
import { AskingExchange } from "./asking-exchange.ts";
import { grpcStatusOf } from "./grpc.ts";
import type { AnswerHead, Trailers } from "./message.ts";
import { peerReason } from "./peer-reason.ts";
import { refusedUs } from "./tries.ts";
import { LOST_BAD_RESPONSE, LOST_CLOSED, LOST_EARLY_BYTES, type LossKind, type Upstream } from "./upstream.ts";

/** The answer's way through an exchange: to the client, or, when it says that nothing was done, to another endpoint. */
export abstract class AnsweringExchange extends AskingExchange {
  override interim(answer: AnswerHead): void {
    this.downstream.answerInterim(answer);
  }

  override answerHead(answer: AnswerHead): void {
    const { mtls } = (this.upstream as Upstream).transport;
    this.timePassed();
    const reason = mtls ? peerReason(answer, this.grpc) : "";
    this.tries.end(this.now(), isFailedTry(reason));
    if (nextTryAfterRefusal(reason, this.sent.replayable, this.tries.tried.length) !== GIVE_UP && this.hasAnother()) {
      this.refusedFor = reason;
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
      if (said === "overloaded") this.side.pressed();
      record.policy = answer.internal(HEADER.POLICY);
    }
    if (this.grpc && answer.last) record.grpcStatus = grpcStatusOf(answer);
    this.downstream.answer(answer, said);
  }

  override answerData(bytes: Buffer, start: number, end: number, final: boolean): void {
    if (this.refusedFor !== "") return;
    this.record.responseBytes += end - start;
    this.downstream.answerData(bytes, start, end, (this.upstream as Upstream).retainable, final);
  }

  override answerFlush(): void {
    this.timePassed();
    this.downstream.flush();
    if (this.downstream.blocked) {
      this.upstream?.pause();
      this.downstream.watchReader();
    }
  }

  override answerEnd(trailers: Trailers | null): void {
    const refused = this.refusedFor;
    if (refused === "") {
      if (this.grpc && trailers !== null) this.record.grpcStatus = grpcStatusOf(trailers);
      this.downstream.answerEnd(trailers);
    }
    if (this.tunnelled) {
      this.tunnelAnswered = true;
      if (this.requestDone) this.endTunnel();
      return;
    }
    const upstream = this.upstream as Upstream;
    this.upstream = null;
    upstream.giveBack(this.requestDone, this.now());
    if (refused === "") this.finish();
    else this.#askAnother(refused);
  }

  /** The answer that was not for the client is read, or lost on the way. */
  #askAnother(reason: ReasonCode): void {
    this.refusedFor = "";
    // Whom the body waited for is not asked any more.
    this.downstream.unhold();
    this.tryAnother(reason);
  }

  /** The upstream is lost before its answer was complete. */
  override lost(kind: LossKind, tooLarge: boolean, error: number): void {
    const upstream = this.upstream as Upstream;
    this.timePassed();
    this.upstream = null;
    this.flowing = false;
    if (this.refusedFor !== "") {
      this.#askAnother(this.refusedFor);
      return;
    }
    if (this.answerStarted) {
      this.record.reason = "upstream-reset";
      // Never an end that looks complete.
      this.downstream.abort(error >= 0 && error !== NO_ERROR ? error : INTERNAL_ERROR);
      this.finish();
      return;
    }
    this.tries.end(this.now(), true);
    // Whom the body waited for is not asked any more.
    this.downstream.unhold();
    if (kind === LOST_BAD_RESPONSE || upstream.answered || (kind === LOST_EARLY_BYTES && !upstream.reused)) {
      this.fail(lossReason(kind, tooLarge));
      return;
    }
    const { view, record } = this;
    const { replayable } = this.sent;
    const next = this.tries.nextAfterLoss(upstream, error >= 0, replayable, view.method, record.requestBytes > 0, this.hasAnother());
    const reason = refusedUs(kind, upstream) ? "peer-refused-identity" : lossReason(kind, tooLarge);
    if (next === GIVE_UP) this.fail(reason);
    else if (next === NEW_CONNECTION) this.useEndpoint(this.tries.endpoint as EndpointState, true);
    else this.tryAnother(reason);
  }

  /** An upgrade was granted: bytes pass unread from here on. */
  override switched(answer: AnswerHead): void {
    this.timePassed();
    this.tries.end(this.now(), false);
    this.tunnelled = true;
    this.flowing = true;
    this.requestDone = false;
    this.#begin(answer, (this.upstream as Upstream).transport.mtls);
    this.downstream.flush();
    this.downstream.tunnel();
  }
}

function lossReason(kind: LossKind, tooLarge: boolean): ReasonCode {
  if (kind === LOST_CLOSED) return "upstream-reset";
  return tooLarge ? "upstream-headers-too-large" : "upstream-bad-response";
}
