/**
 * Heads and trailers as the middle of the engine sees them. Each protocol's own class knows how to write itself
 * for the next hop in either protocol; nobody else looks inside.
 */
import type { ByteWriter } from "../http1/codec/byte-writer.ts";
import type { Http2Connection } from "../http2/codec/connection.ts";
import type { RequestTrace } from "../trace/request-trace.ts";
import type { HeadView } from "./request-view.ts";

export interface Fields {
  /** Value by lower-case name; several lines joined by `, ` (RFC 9110 5.3). */
  header(name: string): string | undefined;
  /** Value of a header of our own (`x-meshctl-…`); empty when there is none. Means something over mutual TLS only. */
  internal(name: string): string;
  /** Name, value, name, value…: for taps. */
  toList(): readonly string[];
}

/** What the next hop is told beside what the client said. */
export interface RequestExtras {
  /** A new `x-request-id`; empty when the request brought one. */
  requestId: string;
  /** `x-meshctl-source` between proxies; empty on plaintext. */
  meshSource: string;
  /** `x-meshctl-protocol` between proxies: what the client speaks, where the port does not say; empty otherwise. */
  meshProtocol: string;
  /** The request asks for an upgrade, and may (RFC 9110 7.8). */
  upgrade: boolean;
  /** `grpc-timeout` that is left of the client's; empty: as it came. */
  grpcTimeout: string;
  /** Of a sampled request; null: what it says of a trace passes as it came. */
  trace: RequestTrace | null;
}

export interface RequestHead extends Fields {
  /** `BODY_NONE`, `BODY_LENGTH` or `BODY_CHUNKED` (of a length nobody announced) of the HTTP/1 codec. */
  readonly body: number;
  /** Protocol asked for by Upgrade or `:protocol`; empty when none is. */
  readonly upgradeTo: string;
  /** It brought a header of a trace. */
  readonly traced: boolean;
  /** The head as HTTP/1.1: origin form, the canonical path, the empty line. */
  writeHttp1(out: ByteWriter, view: HeadView, extras: RequestExtras): void;
  /** The fields behind the pseudo-header fields; the section is begun and ended by the caller. */
  writeHttp2(to: Http2Connection, view: HeadView, extras: RequestExtras): void;
}

/** How an HTTP/1 client gets an answer; the writer fills in the second half. One object per connection. */
export interface AnswerFraming {
  /** The client speaks HTTP/1.0. */
  http10: boolean;
  /** In: the connection may carry another request. Out: what the client was told. */
  keep: boolean;
  /** The request was HEAD. */
  toHead: boolean;
  /** What a peer's proxy said about a reply of its own; empty otherwise. */
  reason: string;
  /** Out: the body goes on in chunks. */
  chunked: boolean;
}

export interface AnswerHead extends Fields {
  /** 101 where the answer accepts an upgrade, whichever protocol brought it. */
  readonly status: number;
  /** Neither body nor trailers follow. */
  readonly last: boolean;
  writeHttp1(out: ByteWriter, framing: AnswerFraming): void;
  /** The fields behind `:status`; the section is begun and ended by the caller. */
  writeHttp2(to: Http2Connection, reason: string): void;
}

export interface Trailers extends Fields {
  /** The same, independent of the memory it was read from. */
  kept(): Trailers;
  /** Lines without the empty one. */
  writeHttp1(out: ByteWriter): void;
  /** Fields of a section begun and ended by the caller. */
  writeHttp2(to: Http2Connection): void;
}
