import type { PathRefusal } from "../../match/path.ts";
import type { Source } from "../../policies/contract.ts";
import type { Transport } from "../contract.ts";
import type { Downstream } from "../http/downstream.ts";
import type { Exchange } from "../http/exchange.ts";
import type { AnswerHead, Trailers } from "../http/message.ts";
import type { OwnReply } from "../http/reply.ts";
import type { HeadView } from "../http/request-view.ts";
import type { ServerSide } from "../http/server-side.ts";
import { HIGH_WATER_BYTES, type Wire } from "../wire.ts";
import { Answers } from "./answers.ts";
import type { Failure } from "./codec/failure.ts";
import { BODY_NONE } from "./codec/message-reader.ts";
import { KnownHost, viewPartly, viewRequest } from "./read-request.ts";
import { Http1RequestHead } from "./request-head.ts";

/** The connection that reads the requests, as their answers need it. */
export interface RequestReading {
  readonly wire: Wire;
  /** The request under way. */
  readonly exchange: Exchange | null;
  readonly tunnelling: boolean;
  /** Another request can be read behind this one. */
  canFollow(): boolean;
  flow(): void;
  hold(): void;
  unhold(): void;
  /** Something passes; silence counts from now. */
  touch(): void;
  /** The reader of our bytes is behind. */
  watchReader(): void;
  tunnel(): void;
  /** Calls `give` as soon as the bytes being read are sorted out, unless the connection is lost before. */
  whenSorted(give: () => void): void;
  /** Nothing more is read here. */
  letGo(): void;
  ended(nowMs: number): void;
}

/** The client of an HTTP/1 connection as the exchange sees it: what its request says, and how it is answered. */
export class Http1Downstream implements Downstream {
  readonly transport: Transport;
  readonly source: Source;
  readonly remoteAddress: string;
  readonly request = new Http1RequestHead();
  /** As far as is known, another request may follow this one. */
  keep = false;
  readonly #side: ServerSide;
  readonly #reading: RequestReading;
  readonly #wire: Wire;
  readonly #answers: Answers;
  readonly #host = new KnownHost();

  constructor(side: ServerSide, transport: Transport, reading: RequestReading) {
    this.#side = side;
    this.#reading = reading;
    this.#wire = reading.wire;
    this.transport = transport;
    this.source = side.sourceOf(transport);
    this.remoteAddress = transport.socket.remoteAddress ?? "";
    this.#answers = new Answers(reading.wire, side.engine.outbox);
  }

  // --- the request --------------------------------------------------------------------------------

  get protocol(): "http/1.0" | "http/1.1" {
    return this.request.reader.head.minor === 0 ? "http/1.0" : "http/1.1";
  }

  get wantsUpgrade(): boolean {
    const { head, body } = this.request.reader;
    return head.upgrade && head.upgradeLine >= 0 && !head.cleartextHttp2 && head.minor === 1 && body === BODY_NONE;
  }

  get retainable(): boolean {
    return this.#wire.retainable;
  }

  openView(view: HeadView, proxyListener: boolean, fallbackHost: string): Failure | PathRefusal | null {
    const refused = viewRequest(this.request.reader.head, view, this.#host, proxyListener, fallbackHost);
    view.source = this.source;
    // Two readers may take what follows for different things.
    if (refused !== null) this.keep = false;
    return refused;
  }

  openPartly(view: HeadView): void {
    viewPartly(this.request.reader.head, view);
  }

  retain(): void {
    if (!this.#wire.retainable) this.request.own();
  }

  flow(): void {
    this.#reading.flow();
  }

  hold(): void {
    this.#reading.hold();
  }

  unhold(): void {
    this.#reading.unhold();
  }

  // --- the answer ---------------------------------------------------------------------------------

  answerInterim(answer: AnswerHead): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 15.2).
    if (this.request.reader.head.minor === 0) return;
    this.#answers.head(answer);
    this.#answers.flush();
  }

  answer(answer: AnswerHead, reason: string): void {
    const { framing } = this.#answers;
    framing.http10 = this.request.reader.head.minor === 0;
    framing.toHead = (this.#reading.exchange as Exchange).record.method === "HEAD";
    framing.reason = reason;
    framing.keep = this.keep && answer.status !== 101 && this.#side.keeps(this.transport) && this.#reading.canFollow();
    this.#answers.head(answer);
    this.keep = framing.keep;
  }

  answerData(bytes: Buffer, start: number, end: number, retainable: boolean, _final: boolean): void {
    if (this.#reading.tunnelling) this.#reading.touch();
    this.#answers.data(bytes, start, end, retainable);
  }

  answerEnd(trailers: Trailers | null): void {
    if (!this.#reading.tunnelling) this.#answers.end(trailers);
    else {
      this.#answers.flush();
      this.#wire.end();
    }
  }

  flush(): void {
    this.#answers.flush();
  }

  reply(reply: OwnReply): void {
    const { minor } = this.request.reader.head;
    this.keep = this.keep && minor === 1 && this.#side.keeps(this.transport) && this.#reading.canFollow();
    this.#answers.reply(reply, !this.keep);
  }

  /** More is waiting to leave than a client should be behind. */
  get blocked(): boolean {
    return this.#wire.pending > HIGH_WATER_BYTES;
  }

  watchReader(): void {
    this.#reading.watchReader();
  }

  tunnel(): void {
    this.#reading.tunnel();
  }

  /** gRPC is HTTP/2's. */
  endLate(): boolean {
    return false;
  }

  /** The client may not take what it has for a complete answer. */
  abort(_error: number): void {
    this.keep = false;
    this.#wire.reset();
  }

  handOver(take: (transport: Transport) => void): boolean {
    this.#reading.whenSorted(() => {
      this.#answers.text("HTTP/1.1 200 Connection established\r\n\r\n");
      this.#reading.letGo();
      take(this.transport);
    });
    return true;
  }

  exchangeEnded(nowMs: number): void {
    this.#reading.ended(nowMs);
  }
}
