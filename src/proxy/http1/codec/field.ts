import { COMMA, HTAB, NINE, SP, ZERO, equalsIgnoreCase } from "./chars.ts";
import { FAILURE, type Failure } from "./failure.ts";
import { type Head, ROLE_REQUEST, ROLE_TRAILERS } from "./head.ts";
import {
  KIND_B3,
  KIND_B3_FLAGS,
  KIND_B3_MULTI,
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_EXPECT,
  KIND_HOST,
  KIND_KEEP_ALIVE,
  KIND_NOMINATED,
  KIND_OTHER,
  KIND_REQUEST_ID,
  KIND_REWRITTEN,
  KIND_TRACEPARENT,
  KIND_TRACESTATE,
  KIND_TRANSFER_ENCODING,
  KIND_UPGRADE,
  kindOfName,
} from "./names.ts";

/** Digits a length may have: beyond that it is no exact number. */
const MAX_LENGTH_DIGITS = 15;

/** Takes in one complete line of a head: what it is, and what it says about framing and connection. */
export function readField(head: Head, buf: Buffer, base: number, line: number): Failure | null {
  const { lines } = head;
  const kind = kindOfName(buf, base + (lines[line * 4] as number), base + (lines[line * 4 + 1] as number));
  head.kinds[line] = kind;
  // In trailers none of these means anything any more; the writer drops them.
  if (kind === KIND_OTHER || head.role === ROLE_TRAILERS) return null;
  const start = base + (lines[line * 4 + 2] as number);
  const end = base + (lines[line * 4 + 3] as number);
  switch (kind) {
    case KIND_HOST:
      if (head.role === ROLE_REQUEST && head.hostLine >= 0) return FAILURE.doubledHost;
      head.hostLine = line;
      return null;
    case KIND_CONTENT_LENGTH:
      return readLength(head, buf, start, end, line);
    case KIND_TRANSFER_ENCODING:
      return readEncoding(head, buf, start, end);
    case KIND_CONNECTION:
      readConnection(head, buf, start, end);
      return null;
    case KIND_KEEP_ALIVE:
      readKeepAlive(head, head.value(line));
      return null;
    case KIND_UPGRADE:
      head.upgradeLine = line;
      if (/(?:^|,)[ \t]*h2c?[ \t]*(?:$|,)/i.test(head.value(line))) head.cleartextHttp2 = true;
      return null;
    case KIND_EXPECT:
      if (head.role !== ROLE_REQUEST) return null;
      // An HTTP/1.0 expectation is ignored, and not passed on as one of HTTP/1.1 (RFC 9110 10.1.1).
      if (head.minor === 0) {
        head.kinds[line] = KIND_NOMINATED;
        return null;
      }
      if (!equalsIgnoreCase(buf, start, end, "100-continue")) return FAILURE.unknownExpectation;
      head.expectsContinue = true;
      return null;
    case KIND_REQUEST_ID:
      if (head.requestIdLine < 0) head.requestIdLine = line;
      return null;
    case KIND_TRACEPARENT:
    case KIND_TRACESTATE:
    case KIND_B3:
    case KIND_B3_MULTI:
    case KIND_B3_FLAGS:
      head.traced = true;
      return null;
    default:
      return null;
  }
}

function readLength(head: Head, buf: Buffer, start: number, end: number, line: number): Failure | null {
  if (head.contentLength >= 0) return FAILURE.doubledLength;
  const digits = end - start;
  if (digits === 0) return FAILURE.badLength;
  let value = 0;
  for (let i = start; i < end; i += 1) {
    const c = buf[i] as number;
    // `5, 5` is how two lines look after an intermediary joined them.
    if (c === COMMA) return FAILURE.doubledLength;
    if (c < ZERO || c > NINE) return FAILURE.badLength;
    value = value * 10 + (c - ZERO);
  }
  if (digits > MAX_LENGTH_DIGITS) return FAILURE.badLength;
  head.contentLength = value;
  if (digits > 1 && buf[start] === ZERO) {
    head.kinds[line] = KIND_REWRITTEN;
    head.rewritten = true;
  }
  return null;
}

/**
 * RFC 9112 6.1, 6.3: `chunked`, once and last. Anything before it is a coding we do not understand (501);
 * chunked not last, or twice, leaves the length of the message open (400).
 */
function readEncoding(head: Head, buf: Buffer, start: number, end: number): Failure | null {
  const second = head.encoded;
  head.encoded = true;
  if (head.role === ROLE_REQUEST && head.minor === 0) return FAILURE.encodingInOldVersion;
  if (!second && equalsIgnoreCase(buf, start, end, "chunked")) {
    head.chunked = true;
    return null;
  }
  if (start === end || second) return FAILURE.badEncoding;
  const codings = buf
    .toString("latin1", start, end)
    .toLowerCase()
    .split(",")
    .map((coding) => coding.replace(/^[ \t]+|[ \t]+$/g, ""));
  const first = codings.indexOf("chunked");
  return codings.includes("") || (first >= 0 && first < codings.length - 1) ? FAILURE.badEncoding : FAILURE.unknownEncoding;
}

function readConnection(head: Head, buf: Buffer, start: number, end: number): void {
  let i = start;
  while (i < end) {
    while (i < end && (buf[i] === SP || buf[i] === HTAB || buf[i] === COMMA)) i += 1;
    const first = i;
    while (i < end && buf[i] !== COMMA) i += 1;
    let last = i;
    while (last > first && (buf[last - 1] === SP || buf[last - 1] === HTAB)) last -= 1;
    if (last === first) continue;
    if (equalsIgnoreCase(buf, first, last, "close")) head.close = true;
    else if (equalsIgnoreCase(buf, first, last, "keep-alive")) head.keepAlive = true;
    else if (equalsIgnoreCase(buf, first, last, "upgrade")) head.upgrade = true;
    else head.nominates = true;
  }
}

function readKeepAlive(head: Head, value: string): void {
  const found = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,6})/i.exec(value);
  if (found !== null) head.keepAliveSeconds = Number(found[1]);
}
