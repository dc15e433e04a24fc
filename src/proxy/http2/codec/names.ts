/** Field names: the kinds there are rules for, and shared strings for the names seen every day. */
import { TOKEN } from "../../http1/codec/chars.ts";
import { STATIC_NAMES } from "./hpack/static-table.ts";

export const K_OTHER = 0;
export const K_METHOD = 1;
export const K_SCHEME = 2;
export const K_AUTHORITY = 3;
export const K_PATH = 4;
export const K_STATUS = 5;
export const K_PROTOCOL = 6;
/** Begins with a colon and is none of the above. */
export const K_UNKNOWN_PSEUDO = 7;
export const K_CONTENT_LENGTH = 8;
export const K_HOST = 9;
export const K_TE = 10;
export const K_COOKIE = 11;
/** Fields of one HTTP/1.1 connection (RFC 9113 8.2.2). */
export const K_CONNECTION = 12;
/** Upper case, empty, or not a token. */
export const K_BAD_NAME = 13;
/** Trace context, W3C or B3. */
export const K_TRACE = 14;
/** Bits of {@link FieldSink.field}'s `kind` that hold one of the kinds above. */
export const KIND_MASK = 0x3f;
/** Set beside a kind: the value breaks RFC 9113 8.2.1. */
export const BAD_VALUE = 0x40;
/** Set beside a kind: every hop sends it as a never-indexed literal (RFC 7541 6.2.3). */
export const NEVER_INDEXED = 0x80;

export interface FieldName {
  readonly text: string;
  readonly kind: number;
}

const RULED: readonly (readonly [string, number])[] = [
  [":method", K_METHOD],
  [":scheme", K_SCHEME],
  [":authority", K_AUTHORITY],
  [":path", K_PATH],
  [":status", K_STATUS],
  [":protocol", K_PROTOCOL],
  ["content-length", K_CONTENT_LENGTH],
  ["host", K_HOST],
  ["te", K_TE],
  ["cookie", K_COOKIE],
  ["connection", K_CONNECTION],
  ["proxy-connection", K_CONNECTION],
  ["keep-alive", K_CONNECTION],
  ["transfer-encoding", K_CONNECTION],
  ["upgrade", K_CONNECTION],
  ["traceparent", K_TRACE],
  ["tracestate", K_TRACE],
  ["b3", K_TRACE],
  ["x-b3-traceid", K_TRACE],
  ["x-b3-spanid", K_TRACE],
  ["x-b3-parentspanid", K_TRACE],
  ["x-b3-sampled", K_TRACE],
  ["x-b3-flags", K_TRACE],
];

const FREQUENT = [
  "baggage",
  "dnt",
  "forwarded",
  "grpc-accept-encoding",
  "grpc-encoding",
  "grpc-message",
  "grpc-status",
  "grpc-status-details-bin",
  "grpc-timeout",
  "origin",
  "priority",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "trailer",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-meshctl-reason",
  "x-request-id",
];

const SLOTS = 1_024;
const slots: (FieldName | null)[] = Array.from({ length: SLOTS }, () => null);

/** Spreads names over a table of a power of two; letters count alike in both cases. */
export function hashName(bytes: Uint8Array, start: number, end: number): number {
  const first = (bytes[start] as number) | 0x20;
  const middle = (bytes[(start + end) >> 1] as number) | 0x20;
  const last = (bytes[end - 1] as number) | 0x20;
  return (end - start) * 37 + first * 263 + middle * 71 + last * 1_031;
}

function add(text: string, kind: number): void {
  const bytes = Buffer.from(text, "latin1");
  let slot = hashName(bytes, 0, bytes.length) & (SLOTS - 1);
  for (let known = slots[slot]; known; known = slots[slot]) {
    if (known.text === text) return;
    slot = (slot + 1) & (SLOTS - 1);
  }
  slots[slot] = Object.freeze({ text, kind });
}

for (const [text, kind] of RULED) add(text, kind);
for (const text of STATIC_NAMES) if (text !== "") add(text, K_OTHER);
for (const text of FREQUENT) add(text, K_OTHER);

/** The name in `bytes[start..end)`: a shared value for known ones. Never fails: bad names have their kind. */
export function internName(bytes: Buffer, start: number, end: number): FieldName {
  if (start === end) return EMPTY_NAME;
  let slot = hashName(bytes, start, end) & (SLOTS - 1);
  for (let known = slots[slot]; known; known = slots[slot]) {
    if (sameBytes(known.text, bytes, start, end)) return known;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return { text: bytes.toString("latin1", start, end), kind: unknownKind(bytes, start, end) };
}

const EMPTY_NAME: FieldName = Object.freeze({ text: "", kind: K_BAD_NAME });

function sameBytes(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index += 1) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

function unknownKind(bytes: Uint8Array, start: number, end: number): number {
  const pseudo = bytes[start] === 0x3a;
  const from = pseudo ? start + 1 : start;
  if (from === end) return K_BAD_NAME;
  for (let index = from; index < end; index += 1) {
    const c = bytes[index] as number;
    if (TOKEN[c] !== 1 || (c >= 0x41 && c <= 0x5a)) return K_BAD_NAME;
  }
  return pseudo ? K_UNKNOWN_PSEUDO : K_OTHER;
}

/** Kind of a name given as text (static table, tests). */
export function kindOfText(text: string): number {
  const bytes = Buffer.from(text, "latin1");
  return internName(bytes, 0, bytes.length).kind;
}
