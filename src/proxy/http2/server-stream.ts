import type { PathRefusal } from "../../match/path.ts";
import { HEADER } from "../../messages/names.ts";
import type { Source } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import type { Downstream } from "../http/downstream.ts";
import type { Exchange } from "../http/exchange.ts";
import type { AnswerHead, Trailers } from "../http/message.ts";
import type { OwnReply } from "../http/reply.ts";
import type { HeadView } from "../http/request-view.ts";
import { ByteWriter } from "../http1/codec/byte-writer.ts";
import type { Failure } from "../http1/codec/failure.ts";
import { type BodyOwner, BodyWatch } from "./body-watch.ts";
import type { ReadTask } from "./channel.ts";
import { NO_ERROR } from "./codec/error-codes.ts";
import { FAILURE, type Failure as Http2Failure } from "./codec/failure.ts";
import type { Http2Stream, StreamHandler } from "./codec/stream.ts";
import { http2Trailers } from "./field-list.ts";
import { HeldBytes, sendEnd } from "./held-bytes.ts";
import { sendLateEnd, sendReply } from "./own-reply.ts";
import { Http2RequestHead } from "./request-head.ts";
import type { Http2ServerConnection } from "./server-connection.ts";
import { statusText } from "./status-text.ts";

/** One request on an HTTP/2 connection. */
export class ServerStream implements Downstream, StreamHandler, ReadTask, BodyOwner {
  readonly #connection: Http2ServerConnection;
  readonly #stream: Http2Stream;
  #exchange: Exchange | null;
  /** False: it is answered 503 overloaded. */
  readonly #admitted: boolean;
  #head: Http2RequestHead | null = null;
  /** Body bytes that came before the exchange wanted them; never more than the stream's window. */
  #early: ByteWriter | null = null;
  /** The request is complete as far as the client is concerned. */
  #complete = false;
  #trailers: Trailers | null = null;
  #held = false;
  /** Received bytes for which the client got no credit yet. */
  #unreturned = 0;
  #inRead = false;
  /** While the body is not complete and its client is the one to go on. */
  #watch: BodyWatch | null = null;
  /** Answer bytes that cannot leave yet. */
  #sending: HeldBytes | null = null;
  #answerTrailers: Trailers | null = null;

  constructor(connection: Http2ServerConnection, stream: Http2Stream, exchange: Exchange, admitted: boolean) {
    this.#admitted = admitted;
    this.#connection = connection;
    this.#stream = stream;
    this.#exchange = exchange;
  }

  // --- what comes ---------------------------------------------------------------------------------

  head(stream: Http2Stream, last: boolean): void {
    const exchange = this.#exchange as Exchange;
    this.#head = new Http2RequestHead(stream, last);
    this.#complete = last;
    exchange.open(this);
    if (this.#admitted) exchange.start();
    else exchange.turnAway(0);
    if (this.#exchange !== exchange) return;
    if (!last) this.#atReadEnd();
    else if (!exchange.requestDone) exchange.requestEnd(null);
  }

  oversized(stream: Http2Stream, last: boolean): void {
    const exchange = this.#exchange as Exchange;
    this.#head = new Http2RequestHead(stream, last);
    this.#complete = last;
    exchange.open(this);
    exchange.refuse("headers-too-large");
  }

  interim(): void {}

  data(stream: Http2Stream, bytes: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      // Answered already: what still comes is dropped.
      this.#connection.codec.consume(stream, end - start);
      return;
    }
    this.#unreturned += end - start;
    if (exchange.flowing && this.#early === null) {
      exchange.requestData(bytes, start, end);
      this.#atReadEnd();
    } else {
      // Grows by doubling: a client that sends byte by byte makes no copy of all for each.
      this.#early ??= new ByteWriter(end - start);
      this.#early.span(bytes, start, end);
    }
  }

  end(_stream: Http2Stream, trailers: readonly string[] | null): void {
    this.#complete = true;
    this.#watch?.end();
    this.#trailers = http2Trailers(trailers);
    const exchange = this.#exchange;
    if (exchange === null || !exchange.flowing || this.#early !== null) return;
    exchange.requestEnd(this.#trailers);
    this.#atReadEnd();
  }

  reset(_stream: Http2Stream, _error: number, failure: Http2Failure | null): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#watch?.end();
    this.#sending?.clear();
    if (exchange === null) return;
    if (failure === FAILURE.streamIdle) exchange.record.reason = "idle-timeout";
    exchange.clientGone();
  }

  #atReadEnd(): void {
    if (this.#inRead) return;
    this.#inRead = true;
    this.#connection.atReadEnd(this);
  }

  onReadEnd(): void {
    this.#inRead = false;
    this.#exchange?.flushRequest();
    this.#returnCredit();
    this.#watchBody();
  }

  /** Calls of gRPC and upgraded streams may be silent; the codec ends those on which nothing moves for an hour. */
  #watchBody(): void {
    if (this.#complete || this.#exchange === null || this.#stream.protocol !== "" || this.#exchange.record.protocol === "grpc") return;
    const { engine } = this.#connection.side;
    this.#watch ??= new BodyWatch(this, engine, engine.limits.idleConnectionMs);
    this.#watch.begin();
  }

  /** As in HTTP/1: whoever waits for something else than the client's bytes, or has begun to answer, may take its time. */
  bodyOverdue(): void {
    const exchange = this.#exchange;
    if (exchange === null || this.#complete || exchange.answerStarted) return;
    if (this.#held || !exchange.flowing) (this.#watch as BodyWatch).begin();
    else exchange.timedOut("idle-timeout");
  }

  #returnCredit(): void {
    if (this.#held || this.#unreturned === 0) return;
    if (!this.#complete && this.#exchange !== null) this.#watch?.begin();
    const { codec } = this.#connection;
    codec.consume(this.#stream, this.#unreturned);
    this.#unreturned = 0;
    this.#connection.touch();
  }

  // --- what the exchange asks about the request ---------------------------------------------------

  get transport(): Transport {
    return this.#connection.transport;
  }

  get source(): Source {
    return this.#connection.source;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get protocol(): "http/2" {
    return "http/2";
  }

  get request(): Http2RequestHead {
    return this.#head as Http2RequestHead;
  }

  get wantsUpgrade(): boolean {
    return this.#stream.protocol !== "";
  }

  get retainable(): boolean {
    return this.#connection.wire.retainable;
  }

  openView(view: HeadView): Failure | PathRefusal | null {
    const { knownHost, internal, side } = this.#connection;
    const refused = this.request.view(view, knownHost, side.engine.limits.maxTargetBytes, internal);
    view.source = this.#connection.source;
    return refused;
  }

  openPartly(view: HeadView): void {
    this.request.viewPartly(view);
  }

  /** Its fields are strings of their own. */
  retain(): void {}

  flow(): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    if (exchange.flowing && !exchange.requestDone) {
      const early = this.#early;
      this.#early = null;
      if (early !== null) exchange.requestData(early.bytes, 0, early.length);
      if (this.#complete) exchange.requestEnd(this.#trailers);
    }
    if (this.#connection.reading) this.#atReadEnd();
    else {
      this.#exchange?.flushRequest();
      this.#returnCredit();
    }
  }

  hold(): void {
    this.#held = true;
  }

  unhold(): void {
    this.#held = false;
    this.#returnCredit();
  }

  // --- the answer ---------------------------------------------------------------------------------

  answerInterim(answer: AnswerHead): void {
    this.#sendHead(answer, "", false);
  }

  answer(answer: AnswerHead, reason: string): void {
    const { status } = answer;
    if (this.#stream.protocol === "" || status < 200 || status >= 300) this.#sendHead(answer, reason, answer.last);
    else this.#answerWithout(answer);
  }

  /**
   * Success, but not the upgrade that was asked for: whoever used extended CONNECT would take 2xx for a tunnel
   * (RFC 8441 5). A peer's proxy is told the status beside it; to others the answer is a bad gateway's.
   */
  #answerWithout(answer: AnswerHead): void {
    if (this.#connection.internal) this.#sendHead(answer, "", answer.last, String(answer.status));
    else {
      const { record } = this.#exchange as Exchange;
      record.status = 502;
      record.reason = "upstream-bad-response";
      this.#sendHead(answer, record.reason, answer.last, "");
    }
  }

  /** `meant`: the status behind a 502 that only carries it; empty where it is one. */
  #sendHead(answer: AnswerHead, reason: string, last: boolean, meant?: string): void {
    const { codec } = this.#connection;
    if (!codec.beginHead(this.#stream)) return;
    // An upgrade is granted by 200 here (RFC 8441 5).
    if (meant === undefined) codec.field(":status", answer.status === 101 ? "200" : statusText(answer.status));
    else {
      codec.field(":status", "502");
      if (meant !== "") codec.field(HEADER.STATUS, meant);
    }
    answer.writeHttp2(codec, reason);
    codec.endHead(last);
    this.#connection.touch();
  }

  answerData(bytes: Buffer, start: number, end: number, retainable: boolean, final: boolean): void {
    const { codec } = this.#connection;
    const sending = this.#sending;
    if (sending === null) {
      const taken = codec.sendData(this.#stream, bytes, start, end, final);
      if (start + taken < end) {
        this.#sending = new HeldBytes();
        this.#sending.keep(bytes, start + taken, end, retainable, final);
      }
    } else sending.send(codec, this.#stream, bytes, start, end, retainable, final);
    this.#connection.touch();
  }

  answerEnd(trailers: Trailers | null): void {
    const stream = this.#stream;
    const sending = this.#sending;
    if (sending !== null && sending.length > 0) {
      sending.ends = trailers === null;
      this.#answerTrailers = trailers === null ? null : trailers.kept();
    } else if (!stream.localEnded) this.#sendEnd(trailers);
  }

  #sendEnd(trailers: Trailers | null): void {
    const { codec } = this.#connection;
    if (trailers === null) sendEnd(codec, this.#stream);
    else if (codec.beginHead(this.#stream)) {
      trailers.writeHttp2(codec);
      codec.endHead(true);
    }
    this.#connection.touch();
    this.#stopClient();
  }

  /** The answer is complete: the rest of the request is not wanted (RFC 9113 8.1). */
  #stopClient(): void {
    const stream = this.#stream;
    if (this.#exchange === null && stream.localEnded && !stream.remoteEnded) this.#connection.codec.reset(stream, NO_ERROR);
  }

  writable(stream: Http2Stream): void {
    const sending = this.#sending;
    if (sending === null || !sending.resume(this.#connection.codec, stream)) return;
    this.#connection.touch();
    if (this.#answerTrailers !== null) this.#sendEnd(this.#answerTrailers);
    this.#exchange?.downstreamDrained();
    this.#stopClient();
  }

  flush(): void {
    this.#connection.touch();
  }

  get blocked(): boolean {
    return this.#sending !== null && this.#sending.length > 0;
  }

  /** The codec watches windows that stay shut. */
  watchReader(): void {}

  tunnel(): void {
    this.flow();
  }

  reply(reply: OwnReply): void {
    const body = sendReply(this.#connection.codec, this.#stream, reply, (this.#exchange as Exchange).record);
    if (body !== null) this.answerData(body, 0, body.length, true, true);
    this.#connection.touch();
  }

  /** What waits for the client to read is not waited for. */
  endLate(reply: OwnReply): boolean {
    if (!sendLateEnd(this.#connection.codec, this.#stream, reply, (this.#exchange as Exchange).record)) return false;
    this.#sending?.clear();
    this.#connection.touch();
    return true;
  }

  abort(error: number): void {
    this.#sending?.clear();
    this.#connection.codec.reset(this.#stream, error);
    this.#connection.touch();
  }

  /** A stream cannot be given away. */
  handOver(): boolean {
    return false;
  }

  exchangeEnded(): void {
    this.#exchange = null;
    this.#watch?.end();
    this.#early = null;
    if (this.#unreturned > 0) {
      this.#held = false;
      this.#returnCredit();
    }
    this.#stopClient();
  }
}
