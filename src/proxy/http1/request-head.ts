import { HEADER } from "../../messages/names.ts";
import type { RequestExtras, RequestHead } from "../http/message.ts";
import type { HeadView } from "../http/request-view.ts";
import type { Http2Connection } from "../http2/codec/connection.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";
import { BODY_NONE, type MessageReader } from "./codec/message-reader.ts";
import { DROP_REQUEST, DROP_REQUEST_AND_HOST, copyLines } from "./codec/write-head.ts";
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

  writeHttp1(out: ByteWriter, view: HeadView, extras: RequestExtras): void {
    const { head } = this.reader;
    if (view.forward === view.raw) out.span(head.bytes, head.base + head.methodStart, head.base + head.targetEnd);
    else out.text(`${view.method} ${view.forward}`);
    out.text(" HTTP/1.1\r\n");
    if (view.newHost) out.text(`Host: ${view.host}\r\n`);
    copyLines(out, head, view.newHost ? DROP_REQUEST_AND_HOST : DROP_REQUEST);
    if (head.chunked) out.text("Transfer-Encoding: chunked\r\n");
    else if (head.rewritten) out.text(`Content-Length: ${head.contentLength}\r\n`);
    if (extras.upgrade) out.text(`Connection: upgrade\r\nUpgrade: ${head.value(head.upgradeLine)}\r\n`);
    writeExtras(out, extras);
    out.crlf();
  }

  writeHttp2(to: Http2Connection, _view: HeadView, extras: RequestExtras): void {
    const { head } = this.reader;
    sendLines(to, head, DROP_REQUEST_AND_HOST);
    if (head.rewritten) to.field("content-length", String(head.contentLength));
    sendExtras(to, extras);
  }

  /** Its bytes stay when the memory they came in is used again. */
  own(): void {
    this.reader.head.own();
  }
}

export function writeExtras(out: ByteWriter, extras: RequestExtras): void {
  if (extras.requestId !== "") out.text(`${HEADER.REQUEST_ID}: ${extras.requestId}\r\n`);
  if (extras.meshSource !== "") out.text(`${HEADER.SOURCE}: ${extras.meshSource}\r\n`);
  if (extras.meshProtocol !== "") out.text(`${HEADER.PROTOCOL}: ${extras.meshProtocol}\r\n`);
}

export function sendExtras(to: Http2Connection, extras: RequestExtras): void {
  if (extras.requestId !== "") to.field(HEADER.REQUEST_ID, extras.requestId);
  if (extras.meshSource !== "") to.field(HEADER.SOURCE, extras.meshSource);
  if (extras.meshProtocol !== "") to.field(HEADER.PROTOCOL, extras.meshProtocol);
}
