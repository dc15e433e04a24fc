import { STATUS_CODES } from "node:http";
import { HEADER } from "../../messages/names.ts";
import { REASONS, type ReasonCode } from "../../messages/reasons.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";

/** A reply the proxy makes itself. */
export interface OwnReply {
  readonly reason: ReasonCode;
  /** 200-599. */
  readonly status: number;
  /** Told to peer proxies only; empty otherwise. */
  readonly policy: string;
  /** Empty when the request was not understood far enough to have one. */
  readonly requestId: string;
  readonly close: boolean;
  /** False for HEAD: the length is announced, the body is not sent. */
  readonly withBody: boolean;
}

/** Names the reason for machines in a header and for people, with the next step, in the body. */
export function writeReply(out: ByteWriter, reply: OwnReply): void {
  const { text, next } = REASONS[reply.reason];
  // From the client: any bytes but control characters.
  const requestId = visible(reply.requestId);
  const body = `meshctl: ${reply.reason}: ${text}\nnext: ${next}\n${requestId === "" ? "" : `request: ${requestId}\n`}`;
  let head = `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ""}\r\n`;
  head += `content-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n`;
  head += `${HEADER.REASON}: ${reply.reason}\r\n`;
  if (reply.policy !== "") head += `${HEADER.POLICY}: ${visible(reply.policy)}\r\n`;
  if (requestId !== "") head += `${HEADER.REQUEST_ID}: ${requestId}\r\n`;
  if (reply.close) head += "connection: close\r\n";
  out.text(`${head}\r\n`);
  if (reply.withBody) out.text(body);
}

function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
