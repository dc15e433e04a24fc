import { HEADER } from "../../messages/names.ts";
import type { Transport } from "../contract.ts";
import type { RequestExtras, RequestHead, Trailers } from "../http/message.ts";
import type { HeadView } from "../http/request-view.ts";
import { type AnswerOwner, LOST_BAD_RESPONSE, LOST_CLOSED, type Upstream } from "../http/upstream.ts";
import { Http2AnswerHead } from "./answer-head.ts";
import type { ReadTask } from "./channel.ts";
import type { Http2ClientConnection } from "./client-connection.ts";
import { CANCEL, NO_ERROR, REFUSED_STREAM } from "./codec/error-codes.ts";
import { FAILURE, type Failure } from "./codec/failure.ts";
import type { Http2Stream, StreamHandler } from "./codec/stream.ts";
import { http2Trailers } from "./field-list.ts";
import { HeldBytes, sendEnd } from "./held-bytes.ts";

/** A request on its way over an HTTP/2 connection to an endpoint. */
export class ClientStream implements Upstream, StreamHandler, ReadTask {
  readonly #connection: Http2ClientConnection;
  #stream: Http2Stream | null = null;
  #owner: AnswerOwner | null = null;
  #upgradeTo = "";
  #paused = false;
  #unreturned = 0;
  #inRead = false;
  /** Request bytes that cannot leave yet. */
  #sending: HeldBytes | null = null;
  #trailers: Trailers | null = null;
  answered = false;

  constructor(connection: Http2ClientConnection) {
    this.#connection = connection;
  }

  get transport(): Transport {
    return this.#connection.transport;
  }

  /** The peer has shown that it is there: a mesh connection is up only then (ADR 1). */
  get reused(): boolean {
    return this.#connection.codec.peer.seen;
  }

  get unprocessed(): boolean {
    return this.#stream === null || this.#stream.unprocessed;
  }

  get retainable(): boolean {
    return this.#connection.wire.retainable;
  }

  get mayRefuse(): boolean {
    return true;
  }

  // --- the request --------------------------------------------------------------------------------

  send(owner: AnswerOwner, request: RequestHead, view: HeadView, extras: RequestExtras, last: boolean): void {
    const { codec } = this.#connection;
    this.#owner = owner;
    const stream = codec.openStream(this);
    if (stream === null) {
      this.#owner = null;
      owner.lost(LOST_CLOSED, false, -1);
      return;
    }
    this.#stream = stream;
    this.#upgradeTo = extras.upgrade && this.#mayUpgrade(view.method) ? protocolToken(request.upgradeTo) : "";
    codec.field(":method", this.#upgradeTo === "" ? view.method : "CONNECT");
    codec.field(":scheme", "http");
    codec.field(":authority", view.host);
    codec.field(":path", view.forward);
    if (this.#upgradeTo !== "") {
      codec.field(":protocol", this.#upgradeTo);
      if (view.method !== "GET") codec.field(HEADER.METHOD, view.method);
    }
    request.writeHttp2(codec, view, extras);
    codec.endHead(last || (extras.upgrade && this.#upgradeTo === ""));
    this.#connection.touch();
  }

  /**
   * An extended CONNECT stands for GET; that it is another method is our proxies' word for each other. HEAD goes without: its
   * answer has a length and no body, which no CONNECT's may have.
   */
  #mayUpgrade(method: string): boolean {
    return this.#connection.takesUpgrades && (method === "GET" || (method !== "HEAD" && this.transport.mtls));
  }

  body(bytes: Buffer, start: number, end: number, retainable: boolean): void {
    const stream = this.#stream as Http2Stream;
    const { codec } = this.#connection;
    if (this.#sending !== null) this.#sending.send(codec, stream, bytes, start, end, retainable, false);
    else {
      const taken = codec.sendData(stream, bytes, start, end, false);
      if (start + taken < end) {
        this.#sending = new HeldBytes();
        this.#sending.keep(bytes, start + taken, end, retainable, false);
      }
    }
    this.#connection.touch();
  }

  finish(trailers: Trailers | null): void {
    const sending = this.#sending;
    if (sending !== null && sending.length > 0) {
      sending.ends = trailers === null;
      this.#trailers = trailers === null ? null : trailers.kept();
    } else this.#sendEnd(trailers);
  }

  #sendEnd(trailers: Trailers | null): void {
    const stream = this.#stream as Http2Stream;
    const { codec } = this.#connection;
    this.#trailers = null;
    if (stream.localEnded) return;
    if (trailers === null) sendEnd(codec, stream);
    else if (codec.beginHead(stream)) {
      trailers.writeHttp2(codec);
      codec.endHead(true);
    }
    this.#connection.touch();
  }

  writable(stream: Http2Stream): void {
    const sending = this.#sending;
    if (sending === null || !sending.resume(this.#connection.codec, stream)) return;
    this.#connection.touch();
    if (this.#trailers !== null) this.#sendEnd(this.#trailers);
    this.#owner?.upstreamDrained();
  }

  flush(): void {}

  get blocked(): boolean {
    return this.#sending !== null && this.#sending.length > 0;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#returnCredit();
  }

  giveBack(): void {
    this.#drop(NO_ERROR);
  }

  abandon(): void {
    this.#drop(CANCEL);
  }

  /** What waits for a window still leaves, and the end behind it; a window that stays shut ends it too. */
  closeTunnel(): void {
    if (this.blocked) this.#owner = null;
    else this.#drop(CANCEL);
  }

  /** Whatever is not complete by now is not wanted any more. */
  #drop(error: number): void {
    const stream = this.#stream;
    this.#owner = null;
    this.#sending?.clear();
    if (stream === null) return;
    this.#paused = false;
    this.#connection.codec.reset(stream, error);
    this.#connection.touch();
  }

  // --- the answer ---------------------------------------------------------------------------------

  interim(stream: Http2Stream): void {
    this.answered = true;
    this.#owner?.interim(new Http2AnswerHead(stream, false, ""));
  }

  head(stream: Http2Stream, last: boolean): void {
    const owner = this.#owner;
    this.answered = true;
    if (owner === null) return;
    if (this.#upgradeTo !== "" && stream.status < 300) {
      owner.switched(new Http2AnswerHead(stream, last, this.#upgradeTo));
    } else {
      owner.answerHead(new Http2AnswerHead(stream, last, "", this.#upgradeTo !== "" && this.transport.mtls));
      this.#atReadEnd();
    }
    if (last && this.#owner === owner) owner.answerEnd(null);
  }

  oversized(): void {}

  data(stream: Http2Stream, bytes: Buffer, start: number, end: number): void {
    const owner = this.#owner;
    if (owner === null) {
      this.#connection.codec.consume(stream, end - start);
      return;
    }
    this.#unreturned += end - start;
    owner.answerData(bytes, start, end, false);
    this.#atReadEnd();
  }

  end(_stream: Http2Stream, trailers: readonly string[] | null): void {
    this.#owner?.answerEnd(http2Trailers(trailers));
  }

  reset(_stream: Http2Stream, error: number, failure: Failure | null): void {
    const owner = this.#owner;
    this.#owner = null;
    this.#sending?.clear();
    if (owner === null) return;
    owner.lost(isBadAnswer(failure) ? LOST_BAD_RESPONSE : LOST_CLOSED, failure === FAILURE.headersTooLarge, codeOf(error, failure));
  }

  #atReadEnd(): void {
    if (this.#inRead) return;
    this.#inRead = true;
    this.#connection.atReadEnd(this);
  }

  onReadEnd(): void {
    this.#inRead = false;
    this.#owner?.answerFlush();
    this.#returnCredit();
  }

  #returnCredit(): void {
    if (this.#paused || this.#unreturned === 0) return;
    this.#connection.codec.consume(this.#stream as Http2Stream, this.#unreturned);
    this.#unreturned = 0;
    this.#connection.touch();
  }
}

/** `:protocol` for an Upgrade; empty where HTTP/2 has no word for it: a list, or a version beside the name. The request goes without. */
function protocolToken(upgrade: string): string {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(upgrade) ? upgrade : "";
}

/** -1: the whole connection went. Streams that are stuck are ended here, as what nobody waits for. */
function codeOf(error: number, failure: Failure | null): number {
  if (failure === null) return error;
  return failure === FAILURE.windowStall || failure === FAILURE.streamIdle ? CANCEL : -1;
}

/** What the peer said was not HTTP/2, or not an answer; else it went away, or does not read. */
function isBadAnswer(failure: Failure | null): boolean {
  if (failure === null || failure === FAILURE.windowStall || failure === FAILURE.streamIdle) return false;
  return failure.error !== NO_ERROR && failure.error !== REFUSED_STREAM;
}
