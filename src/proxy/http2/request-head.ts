import { randomKey } from "../../lib/secure-random.ts";
import { HEADER } from "../../messages/names.ts";
import type { PathRefusal } from "../../match/path.ts";
import type { RequestExtras, RequestHead } from "../http/message.ts";
import type { HeadView } from "../http/request-view.ts";
import type { ByteWriter } from "../http1/codec/byte-writer.ts";
import { FAILURE, type Failure } from "../http1/codec/failure.ts";
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from "../http1/codec/message-reader.ts";
import { FORM_AUTHORITY, RequestTarget, readRequestTarget } from "../http1/codec/target.ts";
import { requestDrop, sendExtras, writeExtras } from "../http1/request-head.ts";
import type { KnownHost } from "../http1/read-request.ts";
import type { Http2Connection } from "./codec/connection.ts";
import type { Http2Stream } from "./codec/stream.ts";
import { FieldList, sendList, writeList } from "./field-list.ts";

const WEBSOCKET_KEY = "sec-websocket-key";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;

const target = new RequestTarget();

/** The head of an HTTP/2 request, for the next hop. */
export class Http2RequestHead extends FieldList implements RequestHead {
  readonly #stream: Http2Stream;
  readonly #last: boolean;

  /** `last`: neither body nor trailers follow. */
  constructor(stream: Http2Stream, last: boolean) {
    super(stream.fields);
    this.#stream = stream;
    this.#last = last;
  }

  get body(): number {
    if (this.#last) return BODY_NONE;
    return this.#stream.contentLength >= 0 ? BODY_LENGTH : BODY_CHUNKED;
  }

  get traced(): boolean {
    return this.#stream.traced;
  }

  get upgradeTo(): string {
    return this.#stream.protocol;
  }

  /**
   * Method, target and authority → what rules see (RFC 9113 8.3.1). `internal`: headers of our own are those of a
   * peer's proxy.
   */
  view(view: HeadView, known: KnownHost, maxTargetBytes: number, internal: boolean): Failure | PathRefusal | null {
    const stream = this.#stream;
    view.clear(this);
    view.method = this.#method(internal);
    // As GET of HTTP/1.1 it would announce a body that never follows: the next request would be read as one.
    if (stream.protocol !== "" && stream.contentLength > 0) return FAILURE.lengthBesideConnect;
    view.raw = stream.path;
    const host = stream.authority === "" ? (this.header("host") ?? "") : stream.authority;
    if (host === "") return FAILURE.missingHost;
    if (!known.read(host)) return FAILURE.badHost;
    view.authority = known.authority;
    view.host = known.text;
    // HTTP/1 gets its Host from here, never from a field.
    view.newHost = true;
    if (view.method === "CONNECT") {
      view.form = FORM_AUTHORITY;
      return null;
    }
    if (view.raw.length > maxTargetBytes) return FAILURE.targetTooLong;
    return readRequestTarget(view.raw, view.method, target) ?? view.readPath(target);
  }

  viewPartly(view: HeadView): void {
    view.clear(this);
    view.method = this.#stream.method;
    view.showTarget(this.#stream.path);
  }

  /** An extended CONNECT stands for a GET with Upgrade (RFC 8441 5); a peer's proxy may say another method. */
  #method(internal: boolean): string {
    const stream = this.#stream;
    if (stream.protocol === "") return stream.method;
    const said = internal ? this.internal(HEADER.METHOD) : "";
    return TOKEN.test(said) && said !== "CONNECT" ? said : "GET";
  }

  writeHttp1(out: ByteWriter, view: HeadView, extras: RequestExtras): void {
    const stream = this.#stream;
    out.text(view.method);
    out.text(" ");
    out.text(view.forward);
    out.text(" HTTP/1.1\r\nHost: ");
    out.text(view.host);
    out.crlf();
    writeList(out, this.list, requestDrop(extras, true));
    if (extras.upgrade) {
      out.text(`Connection: upgrade\r\nUpgrade: ${stream.protocol}\r\n`);
      // HTTP/2 has no such handshake (RFC 8441 5); HTTP/1.1 needs one (RFC 6455 4.1).
      if (stream.protocol === "websocket" && this.header(WEBSOCKET_KEY) === undefined) out.text(`${WEBSOCKET_KEY}: ${randomKey(16)}\r\n`);
    } else if (!this.#last && stream.contentLength < 0) out.text("Transfer-Encoding: chunked\r\n");
    else if (this.#last && stream.contentLength < 0 && expectsBody(view.method)) out.text("Content-Length: 0\r\n");
    writeExtras(out, extras);
    out.crlf();
  }

  writeHttp2(to: Http2Connection, _view: HeadView, extras: RequestExtras): void {
    sendList(to, this.list, requestDrop(extras, true), this.#stream.sensitive);
    sendExtras(to, extras);
  }
}

/** Methods whose body's absence is to be said (RFC 9110 8.6). */
function expectsBody(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
