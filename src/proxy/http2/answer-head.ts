import { STATUS_CODES } from "node:http";
import { HEADER } from "../../messages/names.ts";
import type { AnswerFraming, AnswerHead } from "../http/message.ts";
import { writeConnection, writeReason } from "../http1/answer-lines.ts";
import type { ByteWriter } from "../http1/codec/byte-writer.ts";
import { DROP_RESPONSE, DROP_RESPONSE_AND_LENGTH } from "../http1/codec/write-head.ts";
import type { Http2Connection } from "./codec/connection.ts";
import type { Http2Stream } from "./codec/stream.ts";
import { FieldList, sendList, writeList } from "./field-list.ts";

const SUCCESS = /^2[0-9][0-9]$/;

/** The head of an HTTP/2 answer, for the client. */
export class Http2AnswerHead extends FieldList implements AnswerHead {
  readonly status: number;
  readonly last: boolean;
  readonly #stream: Http2Stream;
  /** Not empty: the answer grants an upgrade to this protocol. */
  readonly #switchedTo: string;

  /** `last`: neither body nor trailers follow. `carries`: a peer's proxy may say another status than `:status`. */
  constructor(stream: Http2Stream, last: boolean, switchedTo: string, carries = false) {
    super(stream.fields);
    const meant = carries ? this.internal(HEADER.STATUS) : "";
    this.status = switchedTo !== "" ? 101 : SUCCESS.test(meant) ? Number(meant) : stream.status;
    this.last = last && switchedTo === "";
    this.#stream = stream;
    this.#switchedTo = switchedTo;
  }

  writeHttp1(out: ByteWriter, framing: AnswerFraming): void {
    const { status } = this;
    framing.chunked = false;
    out.text(statusLine(status));
    writeList(out, this.list, dropOf(status));
    if (status < 200 && status !== 101) {
      out.crlf();
      return;
    }
    writeReason(out, framing.reason);
    this.#writeFraming(out, framing);
    writeConnection(out, status, this.#switchedTo, framing);
    out.crlf();
  }

  #writeFraming(out: ByteWriter, framing: AnswerFraming): void {
    const { status } = this;
    if (status === 101 || status === 204 || this.#stream.contentLength >= 0) return;
    // No body follows, however its end is told; a length would say what the answer to GET has, and nobody knows.
    if (framing.toHead || status === 304) return;
    if (this.last) out.text("Content-Length: 0\r\n");
    else if (framing.http10) framing.keep = false;
    else {
      framing.chunked = true;
      out.text("Transfer-Encoding: chunked\r\n");
    }
  }

  writeHttp2(to: Http2Connection, reason: string): void {
    sendList(to, this.list, dropOf(this.status), this.#stream.sensitive);
    if (reason !== "") to.field(HEADER.REASON, reason);
  }
}

function dropOf(status: number): Uint8Array {
  return status < 200 || status === 204 ? DROP_RESPONSE_AND_LENGTH : DROP_RESPONSE;
}

const lines = new Map<number, string>();

function statusLine(status: number): string {
  let line = lines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    // Three digits: at most 900 of them.
    lines.set(status, line);
  }
  return line;
}
