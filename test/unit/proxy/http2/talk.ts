/** A connection under test: what it told its owner, and what it sent, as lines of text. */
import { type Http2Connection, createHttp2Connection } from "../../../../src/proxy/http2/codec/connection.ts";
import { formatErrorCode } from "../../../../src/proxy/http2/codec/error-codes.ts";
import type { Failure } from "../../../../src/proxy/http2/codec/failure.ts";
import type { ConnectionHandler } from "../../../../src/proxy/http2/codec/handler.ts";
import { APP_LIMITS, type Http2Limits } from "../../../../src/proxy/http2/codec/limits.ts";
import { SIDE_CLIENT, SIDE_SERVER, type Side } from "../../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream, StreamHandler } from "../../../../src/proxy/http2/codec/stream.ts";
import { type SentFrame, clientStart, formatFrame, parseFrames, serverStart } from "./frames.ts";

export class Talk implements ConnectionHandler, StreamHandler {
  readonly connection: Http2Connection;
  /** Body pieces of one stream that follow each other are one line. */
  readonly events: string[] = [];
  readonly streams = new Map<number, Http2Stream>();
  /** Returns the credit of what arrives at once. */
  consumes = true;
  nowMs = 0;
  onHead: (stream: Http2Stream) => void = () => {};
  onWritable: (stream: Http2Stream) => void = () => {};

  constructor(side: Side, limits: Partial<Http2Limits> = {}) {
    this.connection = createHttp2Connection({ side, limits: { ...APP_LIMITS, ...limits }, handler: this, nowMs: 0 });
  }

  /** Fed in memory that is overwritten afterwards, so that nothing may be kept of it. */
  feed(...parts: readonly Buffer[]): this {
    const bytes = Buffer.concat([Buffer.from("xyz"), ...parts, Buffer.from("xyz")]);
    this.connection.receive(bytes, 3, bytes.length - 3, this.nowMs);
    bytes.fill(0x2a);
    return this;
  }

  sentFrames(): SentFrame[] {
    const taken = this.connection.takeOutput();
    if (taken === null) return [];
    const frames = parseFrames(taken);
    this.connection.recycle(taken);
    return frames;
  }

  /** Frames since the last call. */
  sent(): string[] {
    return this.sentFrames().map(formatFrame);
  }

  /** Events since the last call. */
  told(): string[] {
    return this.events.splice(0);
  }

  accept(stream: Http2Stream): StreamHandler {
    this.streams.set(stream.id, stream);
    return this;
  }

  interim(stream: Http2Stream): void {
    this.events.push(`${stream.id} interim ${stream.status}${listed(stream.fields)}`);
  }

  head(stream: Http2Stream, last: boolean): void {
    const words = [stream.method, stream.scheme, stream.authority, stream.path, stream.protocol, stream.status || ""];
    this.events.push(`${stream.id} head ${words.filter((word) => word !== "").join(" ")}${listed(stream.fields)}${last ? " last" : ""}`);
    this.onHead(stream);
  }

  oversized(stream: Http2Stream, last: boolean): void {
    this.events.push(`${stream.id} oversized${last ? " last" : ""}`);
  }

  data(stream: Http2Stream, bytes: Buffer, start: number, end: number): void {
    const prefix = `${stream.id} data `;
    const text = bytes.toString("latin1", start, end);
    const before = this.events.at(-1);
    if (before?.startsWith(prefix)) this.events[this.events.length - 1] = before + text;
    else this.events.push(prefix + text);
    if (this.consumes) this.connection.consume(stream, end - start);
  }

  end(stream: Http2Stream, trailers: readonly string[] | null): void {
    this.events.push(`${stream.id} end${trailers === null ? "" : listed(trailers)}`);
  }

  reset(stream: Http2Stream, error: number, failure: Failure | null): void {
    const words = [stream.id, "reset", formatErrorCode(error), failure?.code ?? "by peer"];
    if (stream.unprocessed) words.push("unprocessed");
    this.events.push(words.join(" "));
  }

  writable(stream: Http2Stream): void {
    this.onWritable(stream);
  }

  settings(first: boolean): void {
    this.events.push(first ? "up" : "settings");
  }

  goaway(lastStreamId: number, error: number, debug: string): void {
    this.events.push(`goaway ${lastStreamId} ${formatErrorCode(error)} ${debug}`.trim());
  }

  pong(roundTripMs: number): void {
    this.events.push(`pong ${roundTripMs}`);
  }

  streamEnded(): void {}

  failed(failure: Failure): void {
    this.events.push(`failed ${formatErrorCode(failure.error)} ${failure.code}`);
  }
}

function listed(fields: readonly string[]): string {
  let text = "";
  for (let index = 0; index < fields.length; index += 2) text += ` ${fields[index]}=${fields[index + 1]}`;
  return text;
}

/** A server whose client has said hello; its own hello is out. */
export function serverTalk(limits: Partial<Http2Limits> = {}): Talk {
  const talk = new Talk(SIDE_SERVER, limits).feed(clientStart);
  talk.sent();
  talk.told();
  return talk;
}

/** A client whose server has said hello. */
export function clientTalk(limits: Partial<Http2Limits> = {}): Talk {
  const talk = new Talk(SIDE_CLIENT, limits).feed(serverStart);
  talk.sent();
  talk.told();
  return talk;
}
