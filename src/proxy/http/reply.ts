import { REASONS, type ReasonCode } from "../../messages/reasons.ts";

/** A reply the proxy makes itself. */
export interface OwnReply {
  readonly reason: ReasonCode;
  /** 200-599. */
  readonly status: number;
  /** Told to peer proxies only; empty otherwise. */
  readonly policy: string;
  /** Empty when the request was not understood far enough to have one. */
  readonly requestId: string;
  /** False for HEAD: the length is announced, the body is not sent. */
  readonly withBody: boolean;
}

/** For people: the reason and the next step. */
export function replyBody(reply: OwnReply): string {
  const { text, next } = REASONS[reply.reason];
  const requestId = visible(reply.requestId);
  return `meshctl: ${reply.reason}: ${text}\nnext: ${next}\n${requestId === "" ? "" : `request: ${requestId}\n`}`;
}

/** From the client: any bytes but control characters. */
export function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
