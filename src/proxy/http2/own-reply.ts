/** The proxy's own answers on a stream, in the words of whoever asked: HTTP's, or gRPC's (trailers only). */
import { HEADER } from "../../messages/names.ts";
import type { ExchangeRecord } from "../contract.ts";
import { grpcMessage, grpcStatusForReply } from "../http/grpc.ts";
import { type OwnReply, replyBody, visible } from "../http/reply.ts";
import type { Http2Connection } from "./codec/connection.ts";
import type { Http2Stream } from "./codec/stream.ts";
import { statusText } from "./status-text.ts";

/** The whole head; returns the body that is still to follow, null for none. */
export function sendReply(to: Http2Connection, stream: Http2Stream, reply: OwnReply, record: ExchangeRecord): Buffer | null {
  if (!to.beginHead(stream)) return null;
  const grpc = record.protocol === "grpc";
  const body = replyBody(reply);
  to.field(":status", grpc ? "200" : statusText(reply.status));
  if (grpc) {
    record.status = 200;
    to.field("content-type", "application/grpc");
    sendGrpcStatus(to, reply, record, body);
  } else {
    to.field("content-type", "text/plain; charset=utf-8");
    to.field("content-length", String(body.length));
  }
  to.field(HEADER.REASON, reply.reason);
  if (reply.policy !== "") to.field(HEADER.POLICY, visible(reply.policy));
  if (reply.requestId !== "") to.field(HEADER.REQUEST_ID, visible(reply.requestId));
  const bodyless = grpc || !reply.withBody;
  to.endHead(bodyless);
  return bodyless ? null : Buffer.from(body, "latin1");
}

/** Trailers behind a gRPC answer that has begun. False: its end has been said. */
export function sendLateEnd(to: Http2Connection, stream: Http2Stream, reply: OwnReply, record: ExchangeRecord): boolean {
  if (!to.beginHead(stream)) return false;
  sendGrpcStatus(to, reply, record, replyBody(reply));
  to.field(HEADER.REASON, reply.reason);
  to.endHead(true);
  return true;
}

function sendGrpcStatus(to: Http2Connection, reply: OwnReply, record: ExchangeRecord, body: string): void {
  record.grpcStatus = grpcStatusForReply(reply.reason, reply.status);
  to.field("grpc-status", String(record.grpcStatus));
  to.field("grpc-message", grpcMessage(body.trimEnd()));
}
