import { HEADER } from "../../messages/names.ts";
import { GRPC_TIMEOUT } from "../http/grpc-timeout.ts";
import type { RequestExtras, RequestHead } from "../http/message.ts";
import type { HeadView } from "../http/request-view.ts";
import type { Http2Connection } from "../http2/codec/connection.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";
import { BODY_NONE, type MessageReader } from "./codec/message-reader.ts";
import { copyLines, dropOfRequest } from "./codec/write-head.ts";
import { sendLines } from "./message-lines.ts";

/** The head of an HTTP/1 request, for the next hop. One per connection. */
export class Http1RequestHead implements RequestHead {
  reader!: MessageReader;

  header(name: string): string | undefined {
    const { head } = this.reader;
    if (name === HEADER.REQUEST_ID) return head.requestIdLine >= 0 ? head.value(head.requestIdLine) : undefined;
    return head.header(name);
  }

  internal(name: string): string {
    return this.reader.head.internal(name);
  }

  toList(): readonly string[] {
    return this.reader.head.toList();
  }

  get body(): number {
    const { reader } = this;
    return reader.head.contentLength === 0 ? BODY_NONE : reader.body;
  }

  get upgradeTo(): string {
    const { head } = this.reader;
    return head.upgradeLine < 0 ? "" : head.value(head.upgradeLine);
  }

  get traced(): boolean {
    return this.reader.head.traced;
  }

  writeHttp1(out: ByteWriter, view: HeadView, extras: RequestExtras): void {
    const { head } = this.reader;
    if (view.forward === view.raw) out.span(head.bytes, head.base + head.methodStart, head.base + head.targetEnd);
    else out.text(`${view.method} ${view.forward}`);
    out.text(" HTTP/1.1\r\n");
    if (view.newHost) out.text(`Host: ${view.host}\r\n`);
    copyLines(out, head, requestDrop(extras, view.newHost));
    if (head.chunked) out.text("Transfer-Encoding: chunked\r\n");
    else if (head.rewritten) out.text(`Content-Length: ${head.contentLength}\r\n`);
    if (extras.upgrade) out.text(`Connection: upgrade\r\nUpgrade: ${head.value(head.upgradeLine)}\r\n`);
    writeExtras(out, extras);
    out.crlf();
  }

  writeHttp2(to: Http2Connection, _view: HeadView, extras: RequestExtras): void {
    const { head } = this.reader;
    sendLines(to, head, requestDrop(extras, true));
    if (head.rewritten) to.field("content-length", String(head.contentLength));
    sendExtras(to, extras);
  }

  /** Its bytes stay when the memory they came in is used again. */
  own(): void {
    this.reader.head.own();
  }
}

/** Lines of the request that stay behind. */
export function requestDrop({ trace, grpcTimeout }: RequestExtras, newHost: boolean): Uint8Array {
  return dropOfRequest(trace === null ? 0 : trace.replaced, newHost, grpcTimeout !== "");
}

export function writeExtras(out: ByteWriter, extras: RequestExtras): void {
  if (extras.requestId !== "") out.text(`${HEADER.REQUEST_ID}: ${extras.requestId}\r\n`);
  if (extras.meshSource !== "") out.text(`${HEADER.SOURCE}: ${extras.meshSource}\r\n`);
  if (extras.meshProtocol !== "") out.text(`${HEADER.PROTOCOL}: ${extras.meshProtocol}\r\n`);
  if (extras.grpcTimeout !== "") out.text(`${GRPC_TIMEOUT}: ${extras.grpcTimeout}\r\n`);
  if (extras.trace === null) return;
  const { lines } = extras.trace;
  for (let at = 0; at < lines.length; at += 2) out.text(`${lines[at]}: ${lines[at + 1]}\r\n`);
}

export function sendExtras(to: Http2Connection, extras: RequestExtras): void {
  if (extras.requestId !== "") to.field(HEADER.REQUEST_ID, extras.requestId);
  if (extras.meshSource !== "") to.field(HEADER.SOURCE, extras.meshSource);
  if (extras.meshProtocol !== "") to.field(HEADER.PROTOCOL, extras.meshProtocol);
  if (extras.grpcTimeout !== "") to.field(GRPC_TIMEOUT, extras.grpcTimeout);
  if (extras.trace === null) return;
  const { lines } = extras.trace;
  for (let at = 0; at < lines.length; at += 2) to.field(lines[at] as string, lines[at + 1] as string);
}
