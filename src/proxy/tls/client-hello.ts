import { readServerName } from "./server-name.ts";

/** What the peek needs to know of a ClientHello (RFC 8446 4.1.2, RFC 7301, RFC 6066 3). */
export interface ClientHello {
  /** Names of the ALPN extension, in the client's order; empty when it has none. */
  readonly alpn: readonly string[];
  /** The host it wants to talk to, in lower case; empty when it names none, null when what it names is no one host name. */
  readonly serverName: string | null;
}

/** No honest ClientHello is larger: a post-quantum key share takes it to about 2 KiB. */
export const MAX_CLIENT_HELLO_BYTES = 32 * 1024;

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
const CONTENT_HANDSHAKE = 22;
const HANDSHAKE_CLIENT_HELLO = 1;
const EXTENSION_SERVER_NAME = 0;
const EXTENSION_ALPN = 16;
const MAX_RECORD_BYTES = 16 * 1024;

/**
 * Reads a ClientHello from the first bytes of a connection, which may stop anywhere and be spread over
 * several records. `more`: what is there could become one. `other`: it cannot.
 */
export function parseClientHello(bytes: Buffer): ClientHello | "more" | "other" {
  const handshake = reassemble(bytes);
  return typeof handshake === "string" ? handshake : readHello(handshake);
}

/** The handshake message, header included, without the record headers between its parts. */
function reassemble(bytes: Buffer): Buffer | "more" | "other" {
  const parts: Buffer[] = [];
  let total = 0;
  let needed = HANDSHAKE_HEADER_BYTES;
  for (let at = 0; total < needed; ) {
    if (!recordPrefixFits(bytes, at)) return "other";
    if (bytes.length < at + RECORD_HEADER_BYTES) return "more";
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_RECORD_BYTES) return "other";
    const start = at + RECORD_HEADER_BYTES;
    const part = bytes.subarray(start, start + length);
    parts.push(part);
    total += part.length;
    if (total > 0 && firstByte(parts) !== HANDSHAKE_CLIENT_HELLO) return "other";
    if (total >= HANDSHAKE_HEADER_BYTES) {
      needed = HANDSHAKE_HEADER_BYTES + (Buffer.concat(parts, HANDSHAKE_HEADER_BYTES).readUInt32BE(0) & 0xffffff);
      if (needed > MAX_CLIENT_HELLO_BYTES) return "other";
    }
    if (total < needed && part.length < length) return "more";
    at = start + length;
  }
  return Buffer.concat(parts, needed);
}

/** The record header as far as it has come: type handshake, version 3.x. */
function recordPrefixFits(bytes: Buffer, at: number): boolean {
  if (bytes.length > at && bytes[at] !== CONTENT_HANDSHAKE) return false;
  return !(bytes.length > at + 1 && bytes[at + 1] !== 3);
}

function firstByte(parts: readonly Buffer[]): number | undefined {
  for (const part of parts) if (part.length > 0) return part[0];
  return undefined;
}

/** `other` for a message whose lengths contradict each other: left to whoever would terminate it. */
function readHello(message: Buffer): ClientHello | "other" {
  // legacy_version 2, random 32
  let at = skipVector(message, HANDSHAKE_HEADER_BYTES + 34, 1);
  at = skipVector(message, at, 2);
  at = skipVector(message, at, 1);
  if (at < 0) return "other";
  if (at === message.length) return { alpn: NONE, serverName: "" };
  const end = skipVector(message, at, 2);
  if (end < 0) return "other";
  let alpn: readonly string[] | null = null;
  let serverName: string | null | undefined;
  for (at += 2; at + 4 <= end; ) {
    const type = message.readUInt16BE(at);
    const next = at + 4 + message.readUInt16BE(at + 2);
    if (next > end) return "other";
    // Twice the same extension (RFC 8446 4.2): whoever terminates it might heed the other one.
    if (type === EXTENSION_ALPN) {
      const names: readonly string[] | null = alpn === null ? readAlpn(message.subarray(at + 4, next)) : null;
      if (names === null) return "other";
      alpn = names;
    } else if (type === EXTENSION_SERVER_NAME) {
      if (serverName !== undefined) return "other";
      serverName = readServerName(message.subarray(at + 4, next));
    }
    at = next;
  }
  return { alpn: alpn ?? NONE, serverName: serverName === undefined ? "" : serverName };
}

const NONE: readonly string[] = Object.freeze([]);

/** Position behind a vector whose length takes `lengthBytes`; -1 when it does not fit, or `at` already is. */
function skipVector(message: Buffer, at: number, lengthBytes: 1 | 2): number {
  if (at < 0 || at + lengthBytes > message.length) return -1;
  const end = at + lengthBytes + message.readUIntBE(at, lengthBytes);
  return end > message.length ? -1 : end;
}

/** Null when its lengths contradict each other. */
function readAlpn(extension: Buffer): readonly string[] | null {
  if (extension.length < 2 || extension.readUInt16BE(0) !== extension.length - 2) return null;
  const alpn: string[] = [];
  for (let at = 2; at < extension.length; ) {
    const end = skipVector(extension, at, 1);
    if (end < 0 || end === at + 1) return null;
    alpn.push(extension.toString("latin1", at + 1, end));
    at = end;
  }
  return alpn;
}
