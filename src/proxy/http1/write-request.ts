import { HEADER } from "../../messages/names.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";
import type { Head } from "./codec/head.ts";
import { DROP_REQUEST, DROP_REQUEST_AND_HOST, copyLines } from "./codec/write-head.ts";
import type { HeadView } from "./request-view.ts";

/** What the next hop is told beside what the client said. */
export interface RequestExtras {
  /** A new `x-request-id`; empty when the request brought one. */
  requestId: string;
  /** `x-meshctl-source` between proxies; empty on plaintext. */
  meshSource: string;
  /** Connection and Upgrade go on (RFC 9110 7.8). */
  upgrade: boolean;
}

/** The head as the next hop gets it: always HTTP/1.1, origin form, the canonical path. */
export function writeRequestHead(out: ByteWriter, head: Head, view: HeadView, extras: RequestExtras): void {
  if (view.forward === view.raw) out.span(head.bytes, head.base + head.methodStart, head.base + head.targetEnd);
  else out.text(`${view.method} ${view.forward}`);
  out.text(" HTTP/1.1\r\n");
  if (view.newHost !== "") out.text(`Host: ${view.newHost}\r\n`);
  copyLines(out, head, view.newHost === "" ? DROP_REQUEST : DROP_REQUEST_AND_HOST);
  if (head.chunked) out.text("Transfer-Encoding: chunked\r\n");
  else if (head.rewritten) out.text(`Content-Length: ${head.contentLength}\r\n`);
  if (extras.upgrade) out.text(`Connection: upgrade\r\nUpgrade: ${head.value(head.upgradeLine)}\r\n`);
  if (extras.requestId !== "") out.text(`${HEADER.REQUEST_ID}: ${extras.requestId}\r\n`);
  if (extras.meshSource !== "") out.text(`${HEADER.SOURCE}: ${extras.meshSource}\r\n`);
  out.crlf();
}
