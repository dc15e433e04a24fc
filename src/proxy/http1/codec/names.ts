/** The field names this proxy has rules for; every other line is {@link KIND_OTHER} and never becomes a string. */
import { DASH, UNDERSCORE } from "./chars.ts";

export const KIND_OTHER = 0;
export const KIND_HOST = 1;
export const KIND_CONTENT_LENGTH = 2;
export const KIND_TRANSFER_ENCODING = 3;
export const KIND_CONNECTION = 4;
export const KIND_KEEP_ALIVE = 5;
/** Meant for one hop whatever Connection says: Proxy-Connection, TE, HTTP2-Settings, Proxy-Authenticate, Proxy-Authorization. */
export const KIND_ONE_HOP = 6;
export const KIND_TRAILER = 7;
export const KIND_UPGRADE = 8;
export const KIND_EXPECT = 9;
/** `x-meshctl-*`, in any case and with `_` for `-`. */
export const KIND_INTERNAL = 10;
/** Says who a caller is: never believed from outside, so never passed on. */
export const KIND_IDENTITY = 11;
export const KIND_REQUEST_ID = 12;
/** Trace context, of this kind and those from {@link KIND_TRACESTATE} on: ours to set, so Connection cannot strip it. */
export const KIND_TRACEPARENT = 13;
/** A framing or internal name spelled with `_`: CGI-like servers read it as the real one. Dropped. */
export const KIND_LOOKALIKE = 14;
/** Named by Connection (RFC 9110 7.6.1), or an HTTP/1.0 expectation: for this hop only. Set beyond the name alone. */
export const KIND_NOMINATED = 15;
/** Content-Length that is a number but not in its shortest form: written anew. */
export const KIND_REWRITTEN = 16;
export const KIND_TRACESTATE = 17;
export const KIND_B3 = 18;
/** `x-b3-traceid`, `x-b3-spanid`, `x-b3-parentspanid`, `x-b3-sampled`. */
export const KIND_B3_MULTI = 19;
export const KIND_B3_FLAGS = 20;
/** `grpc-timeout`: written anew once some of it has passed. */
export const KIND_GRPC_TIMEOUT = 21;

const PREFIX = "x-meshctl-";

/** Kind of the name in `bytes[start..end)`, which is a non-empty token. By length first: most names fall through one switch. */
export function kindOfName(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = (bytes[start] as number) | 0x20;
  if (first === 0x78 && length >= 10) {
    if (matches(bytes, start, PREFIX) !== 0) return KIND_INTERNAL;
    if (((bytes[start + 2] as number) | 0x20) === 0x62) return kindOfB3(bytes, start, length);
    if (length === 12) return exactly(bytes, start, "x-request-id", KIND_REQUEST_ID);
    if (length === 23) return loosely(bytes, start, "x-forwarded-client-cert", KIND_IDENTITY, KIND_IDENTITY);
    return KIND_OTHER;
  }
  switch (length) {
    case 2:
      if (first === 0x74) return exactly(bytes, start, "te", KIND_ONE_HOP);
      return exactly(bytes, start, "b3", KIND_B3);
    case 4:
      return exactly(bytes, start, "host", KIND_HOST);
    case 6:
      return exactly(bytes, start, "expect", KIND_EXPECT);
    case 7:
      if (first === 0x75) return exactly(bytes, start, "upgrade", KIND_UPGRADE);
      return exactly(bytes, start, "trailer", KIND_TRAILER);
    case 10:
      if (first === 0x63) return exactly(bytes, start, "connection", KIND_CONNECTION);
      if (first === 0x6b) return loosely(bytes, start, "keep-alive", KIND_KEEP_ALIVE, KIND_OTHER);
      return exactly(bytes, start, "tracestate", KIND_TRACESTATE);
    case 11:
      return exactly(bytes, start, "traceparent", KIND_TRACEPARENT);
    case 12:
      return exactly(bytes, start, "grpc-timeout", KIND_GRPC_TIMEOUT);
    case 14:
      if (first === 0x63) return loosely(bytes, start, "content-length", KIND_CONTENT_LENGTH, KIND_LOOKALIKE);
      return exactly(bytes, start, "http2-settings", KIND_ONE_HOP);
    case 16:
      return exactly(bytes, start, "proxy-connection", KIND_ONE_HOP);
    case 17:
      return loosely(bytes, start, "transfer-encoding", KIND_TRANSFER_ENCODING, KIND_LOOKALIKE);
    case 18:
      return exactly(bytes, start, "proxy-authenticate", KIND_ONE_HOP);
    case 19:
      return exactly(bytes, start, "proxy-authorization", KIND_ONE_HOP);
    default:
      return KIND_OTHER;
  }
}

function kindOfB3(bytes: Uint8Array, start: number, length: number): number {
  switch (length) {
    case 10:
      return exactly(bytes, start, "x-b3-flags", KIND_B3_FLAGS);
    case 11:
      return exactly(bytes, start, "x-b3-spanid", KIND_B3_MULTI);
    case 12:
      if (((bytes[start + 5] as number) | 0x20) === 0x74) return exactly(bytes, start, "x-b3-traceid", KIND_B3_MULTI);
      return exactly(bytes, start, "x-b3-sampled", KIND_B3_MULTI);
    case 17:
      return exactly(bytes, start, "x-b3-parentspanid", KIND_B3_MULTI);
    default:
      return KIND_OTHER;
  }
}

function exactly(bytes: Uint8Array, start: number, name: string, kind: number): number {
  return matches(bytes, start, name) === 1 ? kind : KIND_OTHER;
}

function loosely(bytes: Uint8Array, start: number, name: string, kind: number, lookalike: number): number {
  const match = matches(bytes, start, name);
  return match === 1 ? kind : match === 2 ? lookalike : KIND_OTHER;
}

/** 0: another name; 1: this one in any case; 2: this one with `_` for a `-`. Length is the caller's concern. */
function matches(bytes: Uint8Array, start: number, lower: string): number {
  let result = 1;
  for (let index = 0; index < lower.length; index += 1) {
    const code = bytes[start + index] as number;
    const wanted = lower.charCodeAt(index);
    if (code === wanted) continue;
    if (wanted === DASH && code === UNDERSCORE) result = 2;
    else if (code < 0x41 || code > 0x5a || (code | 0x20) !== wanted) return 0;
  }
  return result;
}
