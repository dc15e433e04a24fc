import { parseClientHello } from "./client-hello.ts";

/** What the beginning of a connection turned out to be. */
export type FirstBytes =
  | { readonly kind: "tls"; readonly alpn: readonly string[]; readonly serverName: string | null }
  /** A request line of HTTP/1.x has begun. */
  | { readonly kind: "http1" }
  /** The preface of HTTP/2, without an upgrade before it (RFC 9113 3.3). */
  | { readonly kind: "http2" }
  | { readonly kind: "other" };

/** Longest method we recognise, and the preface of HTTP/2 is told apart within it too. */
const LONGEST_METHOD = 16;
const HTTP2_PREFACE = "PRI * HTTP/2.0";
const TLS_HANDSHAKE = 22;

/** `more`: keep reading. Bytes may stop anywhere. */
export function classifyFirstBytes(bytes: Buffer): FirstBytes | "more" {
  if (bytes.length === 0) return "more";
  if (bytes[0] === TLS_HANDSHAKE) {
    const hello = parseClientHello(bytes);
    if (hello === "more") return "more";
    return hello === "other" ? { kind: "other" } : { kind: "tls", alpn: hello.alpn, serverName: hello.serverName };
  }
  return classifyText(bytes);
}

/** Which version of HTTP a port that speaks only that is spoken to in; anything that is not HTTP/2 gets the answer of an HTTP/1 parser. */
export function classifyHttpVersion(bytes: Buffer): FirstBytes | "more" {
  const text = bytes.toString("latin1", 0, HTTP2_PREFACE.length);
  if (text === HTTP2_PREFACE) return { kind: "http2" };
  return HTTP2_PREFACE.startsWith(text) ? "more" : { kind: "http1" };
}

/** A method of upper-case letters, a space, and something that can begin a target (RFC 9112 3.2). */
function classifyText(bytes: Buffer): FirstBytes | "more" {
  let at = 0;
  while (at < bytes.length && at <= LONGEST_METHOD && isUpper(bytes[at] as number)) at += 1;
  if (at > LONGEST_METHOD) return { kind: "other" };
  if (at === bytes.length) return "more";
  if (at === 0 || bytes[at] !== 0x20) return { kind: "other" };
  if (at + 1 === bytes.length) return "more";
  const text = bytes.toString("latin1", 0, HTTP2_PREFACE.length);
  if (text === HTTP2_PREFACE) return { kind: "http2" };
  if (HTTP2_PREFACE.startsWith(text)) return "more";
  return isTargetStart(bytes[at + 1] as number) ? { kind: "http1" } : { kind: "other" };
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** `/`, `*`, a letter of a scheme or host, a digit or `[` of an address. */
function isTargetStart(byte: number): boolean {
  if (byte === 0x2f || byte === 0x2a || byte === 0x5b) return true;
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}
