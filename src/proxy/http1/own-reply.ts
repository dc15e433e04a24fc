import { STATUS_CODES } from "node:http";
import { HEADER } from "../../messages/names.ts";
import { type OwnReply, replyBody, visible } from "../http/reply.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";

/** Names the reason for machines in a header and for people, with the next step, in the body. `close`: the last answer here. */
export function writeReply(out: ByteWriter, reply: OwnReply, close: boolean): void {
  const requestId = visible(reply.requestId);
  const body = replyBody(reply);
  let head = `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ""}\r\n`;
  head += `content-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n`;
  head += `${HEADER.REASON}: ${reply.reason}\r\n`;
  if (reply.policy !== "") head += `${HEADER.POLICY}: ${visible(reply.policy)}\r\n`;
  if (requestId !== "") head += `${HEADER.REQUEST_ID}: ${requestId}\r\n`;
  if (close) head += "connection: close\r\n";
  out.text(`${head}\r\n`);
  if (reply.withBody) out.text(body);
}
