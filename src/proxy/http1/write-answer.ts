import { HEADER } from "../../messages/names.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";
import type { Head } from "./codec/head.ts";
import { BODY_CHUNKED, BODY_CLOSE, BODY_NONE, type MessageReader } from "./codec/message-reader.ts";
import { KIND_INTERNAL } from "./codec/names.ts";
import { DROP_RESPONSE, DROP_RESPONSE_AND_LENGTH, copyLines, writeStatusLine } from "./codec/write-head.ts";

/** How an answer is passed on; the writer fills in the second half. One object per exchange. */
export interface AnswerFraming {
  /** The client speaks HTTP/1.0. */
  http10: boolean;
  /** In: the connection may carry another request. Out: what the client was told. */
  keep: boolean;
  /** The answer comes from another proxy: its own reason and policy mean something. */
  meshPeer: boolean;
  /** Out: the body goes on in chunks. */
  chunked: boolean;
  /** Out: what a peer's proxy said about a reply of its own; empty otherwise. */
  reason: string;
  policy: string;
}

/** The head of an answer as the client gets it (RFC 9112 6, 9; RFC 9110 7.6). */
export function writeAnswerHead(out: ByteWriter, reader: MessageReader, framing: AnswerFraming): void {
  const { head } = reader;
  const { status } = head;
  framing.chunked = false;
  writeStatusLine(out, head);
  copyLines(out, head, status < 200 || status === 204 ? DROP_RESPONSE_AND_LENGTH : DROP_RESPONSE);
  if (status < 200 && status !== 101) {
    out.crlf();
    return;
  }
  if (framing.meshPeer) passReason(out, head, framing);
  writeFraming(out, reader, framing);
  writeConnection(out, head, framing);
  out.crlf();
}

function writeFraming(out: ByteWriter, reader: MessageReader, framing: AnswerFraming): void {
  const { head, body } = reader;
  if (body === BODY_CHUNKED || body === BODY_CLOSE) {
    // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
    if (framing.http10) framing.keep = false;
    else {
      framing.chunked = true;
      out.text("Transfer-Encoding: chunked\r\n");
    }
  } else if (head.rewritten && head.status !== 204) {
    out.text(`Content-Length: ${head.contentLength}\r\n`);
  } else if (body === BODY_NONE && head.chunked && !framing.http10 && head.status !== 204 && head.status !== 101) {
    // What the answer to GET would have been (RFC 9112 6.1).
    out.text("Transfer-Encoding: chunked\r\n");
  }
}

function writeConnection(out: ByteWriter, head: Head, framing: AnswerFraming): void {
  if (head.status === 101 || head.status === 426) {
    if (head.upgradeLine >= 0)
      out.text(
        `Connection: upgrade${framing.keep || head.status === 101 ? "" : ", close"}\r\nUpgrade: ${head.value(head.upgradeLine)}\r\n`,
      );
  } else if (!framing.keep) out.text("Connection: close\r\n");
  else if (framing.http10) out.text("Connection: keep-alive\r\n");
}

/** The other proxy's reason goes on to the application; which policy it was stays between proxies (ADR 1). */
function passReason(out: ByteWriter, head: Head, framing: AnswerFraming): void {
  for (let line = 0; line < head.count; line += 1) {
    if (head.kinds[line] !== KIND_INTERNAL) continue;
    if (head.isNamed(line, HEADER.REASON)) {
      framing.reason = head.value(line);
      out.text(`${HEADER.REASON}: ${framing.reason}\r\n`);
    } else if (head.isNamed(line, HEADER.POLICY)) {
      framing.policy = head.value(line);
    }
  }
}
