import type { PathRefusal } from "../../match/path.ts";
import type { Source } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import type { Failure } from "../http1/codec/failure.ts";
import type { AnswerHead, RequestHead, Trailers } from "./message.ts";
import type { OwnReply } from "./reply.ts";
import type { HeadView } from "./request-view.ts";

/**
 * Whoever asked: an HTTP/1 connection with its one request, or an HTTP/2 stream. It tells the exchange what comes
 * (`requestData`, `requestEnd`, `clientGone`) and takes the answer.
 */
export interface Downstream {
  readonly transport: Transport;
  readonly source: Source;
  readonly remoteAddress: string;
  readonly protocol: "http/1.0" | "http/1.1" | "http/2";
  readonly request: RequestHead;
  /** An upgrade is asked for and could be granted. */
  readonly wantsUpgrade: boolean;
  /** Body bytes stay as they are after the call that brought them. */
  readonly retainable: boolean;

  /**
   * Reads target and authority into `view`. `proxyListener`: an absolute target replaces Host. `fallbackHost` is for
   * requests of HTTP/1.0 without Host.
   */
  openView(view: HeadView, proxyListener: boolean, fallbackHost: string): Failure | PathRefusal | null;
  /** For a request that was refused before its head was whole: what is known of it. */
  openPartly(view: HeadView): void;
  /** The head must outlive the call that brought it. */
  retain(): void;

  /** The exchange takes the body from now on. */
  flow(): void;
  /** It takes no more for now. */
  hold(): void;
  unhold(): void;

  /** 100-199 except 101. */
  answerInterim(answer: AnswerHead): void;
  /** `reason`: what a peer's proxy said about a reply of its own, or empty. */
  answer(answer: AnswerHead, reason: string): void;
  /** All is taken; what cannot leave yet is kept ({@link blocked}). `final`: the body ends with these bytes. */
  answerData(bytes: Buffer, start: number, end: number, retainable: boolean, final: boolean): void;
  answerEnd(trailers: Trailers | null): void;
  flush(): void;
  /** More is waiting to leave than a client should be behind. */
  readonly blocked: boolean;
  /** The client reads too slowly: it gets a deadline. */
  watchReader(): void;
  /** The upgrade was granted: bytes pass unread from here on, each direction ends by itself. */
  tunnel(): void;

  /** The proxy's own answer. */
  reply(reply: OwnReply): void;
  /** A gRPC call's answer is under way: its trailers say how it ended. False: nothing can be said, nothing was done. */
  endLate(reply: OwnReply): boolean;
  /** The client may not take what it has for a complete answer. `error` is HTTP/2's code for it. */
  abort(error: number): void;
  /** CONNECT was granted: answers, and lets `take` have the transport. False: not possible here, nothing was done. */
  handOver(take: (transport: Transport) => void): boolean;
  /** The exchange is over, and gives itself back. */
  exchangeEnded(nowMs: number): void;
}
