import type { Transport } from "../contract.ts";
import type { AnswerHead, RequestExtras, RequestHead, Trailers } from "./message.ts";
import type { HeadView } from "./request-view.ts";

/** Why an upstream was lost under a request. */
export const LOST_CLOSED = 0;
/** It said something that is not an answer, or more than one. */
export const LOST_BAD_RESPONSE = 1;
/** Bytes were there before the request was: whatever they are, they are not its answer. */
export const LOST_EARLY_BYTES = 2;

export type LossKind = typeof LOST_CLOSED | typeof LOST_BAD_RESPONSE | typeof LOST_EARLY_BYTES;

/** Who is waiting for the answer of an {@link Upstream}. Bytes and heads are valid during the call. */
export interface AnswerOwner {
  /** 100-199 except 101. */
  interim(answer: AnswerHead): void;
  answerHead(answer: AnswerHead): void;
  /** `final`: the body is known to end with these bytes; {@link answerEnd} follows all the same. */
  answerData(bytes: Buffer, start: number, end: number, final: boolean): void;
  /** The upstream's direction is complete. The last event, unless bytes pass unread both ways. */
  answerEnd(trailers: Trailers | null): void;
  /** All events of one read are through. */
  answerFlush(): void;
  /** The upgrade was granted; data and end follow, of a stream that nobody reads. */
  switched(answer: AnswerHead): void;
  /** What waited for the upstream has left. */
  upstreamDrained(): void;
  /** `tooLarge`: a head over the limits. `error`: HTTP/2's code when the stream ended and its connection did not, else -1. */
  lost(kind: LossKind, tooLarge: boolean, error: number): void;
}

/** Where one request goes: an HTTP/1 connection for the time of it, or an HTTP/2 stream. */
export interface Upstream {
  readonly transport: Transport;
  /** It had answered before: what happens on it is not a sign that we are not wanted. */
  readonly reused: boolean;
  /** Any byte of the answer has come. */
  readonly answered: boolean;
  /** It is certain that nobody acted on the request. */
  readonly unprocessed: boolean;
  /** Answer bytes stay as they are after the call that brings them. */
  readonly retainable: boolean;
  /** The request may be turned away unread: its body is worth keeping until there is an answer. */
  readonly mayRefuse: boolean;

  /** Binds the next answer to `owner` and begins the request. `last`: no body follows, and {@link finish} is not called. */
  send(owner: AnswerOwner, request: RequestHead, view: HeadView, extras: RequestExtras, last: boolean): void;
  /** All is taken; what cannot leave yet is kept ({@link blocked}). */
  body(bytes: Buffer, start: number, end: number, retainable: boolean): void;
  /** The request, or our direction of a tunnel, is complete. */
  finish(trailers: Trailers | null): void;
  flush(): void;
  /** More is waiting to leave than whoever feeds it should send. */
  readonly blocked: boolean;
  /** The answer is wanted more slowly. */
  pause(): void;
  resume(): void;
  /** The answer is complete and dealt with. `requestDone`: so is the request. */
  giveBack(requestDone: boolean, nowMs: number): void;
  /** The request is given up. */
  abandon(): void;
  /** Both directions of a tunnel have ended. */
  closeTunnel(): void;
}
