import { HEADER } from "../../messages/names.ts";
import type { AnswerFraming, AnswerHead, Trailers } from "../http/message.ts";
import type { Http2Connection } from "../http2/codec/connection.ts";
import { Http2Trailers } from "../http2/field-list.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";
import type { Head } from "./codec/head.ts";
import { BODY_CHUNKED, BODY_CLOSE, BODY_LENGTH, BODY_NONE, type MessageReader } from "./codec/message-reader.ts";
import { DROP_RESPONSE, DROP_RESPONSE_AND_LENGTH, DROP_TRAILERS, copyLines, writeStatusLine } from "./codec/write-head.ts";
import { writeConnection, writeReason } from "./answer-lines.ts";
import { sendLines } from "./message-lines.ts";

/** The head of an HTTP/1 answer, for the client (RFC 9112 6, 9; RFC 9110 7.6). One per connection. */
export class Http1AnswerHead implements AnswerHead {
  readonly #reader: MessageReader;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  get status(): number {
    return this.#reader.head.status;
  }

  get last(): boolean {
    const { body, head } = this.#reader;
    // What follows 101 is no body, and is all that matters.
    if (head.status === 101) return false;
    return body === BODY_NONE || (body === BODY_LENGTH && head.contentLength === 0);
  }

  header(name: string): string | undefined {
    return this.#reader.head.header(name);
  }

  internal(name: string): string {
    return this.#reader.head.internal(name);
  }

  toList(): readonly string[] {
    return this.#reader.head.toList();
  }

  writeHttp1(out: ByteWriter, framing: AnswerFraming): void {
    const reader = this.#reader;
    const { head } = reader;
    const { status } = head;
    framing.chunked = false;
    writeStatusLine(out, head);
    copyLines(out, head, dropOf(status));
    if (status < 200 && status !== 101) {
      out.crlf();
      return;
    }
    writeReason(out, framing.reason);
    writeFraming(out, reader, framing);
    const upgrade = status === 101 || status === 426 ? (head.upgradeLine >= 0 ? head.value(head.upgradeLine) : "") : "";
    writeConnection(out, status, upgrade, framing);
    out.crlf();
  }

  writeHttp2(to: Http2Connection, reason: string): void {
    const { head } = this.#reader;
    sendLines(to, head, dropOf(head.status));
    if (head.rewritten && head.status !== 204 && head.status >= 200) to.field("content-length", String(head.contentLength));
    if (reason !== "") to.field(HEADER.REASON, reason);
  }
}

function dropOf(status: number): Uint8Array {
  return status < 200 || status === 204 ? DROP_RESPONSE_AND_LENGTH : DROP_RESPONSE;
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

/** The trailer section of a chunked message. */
export class Http1Trailers implements Trailers {
  readonly #head: Head;

  constructor(head: Head) {
    this.#head = head;
  }

  header(name: string): string | undefined {
    return this.#head.header(name);
  }

  internal(name: string): string {
    return this.#head.internal(name);
  }

  toList(): readonly string[] {
    return this.#head.toList();
  }

  kept(): Trailers {
    return new Http2Trailers(this.toList().map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text)));
  }

  writeHttp1(out: ByteWriter): void {
    copyLines(out, this.#head, DROP_TRAILERS);
  }

  writeHttp2(to: Http2Connection): void {
    sendLines(to, this.#head, DROP_TRAILERS);
  }
}

/** Null for none. */
export function trailersOf(reader: MessageReader): Trailers | null {
  return reader.trailers === null ? null : new Http1Trailers(reader.trailers);
}
