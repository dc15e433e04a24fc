/**
 * The head of a message, byte by byte, once: offsets into {@link Head}, no strings. Resumable at any byte;
 * what it says never depends on where the reads happened to be cut, because no byte beyond a limit is looked at.
 */
import { COLON, CR, HTAB, LF, NINE, SP, TOKEN, VALUE, VISIBLE, ZERO } from "./chars.ts";
import { FAILURE, type Failure } from "./failure.ts";
import { readField } from "./field.ts";
import {
  type Head,
  MAX_METHOD_BYTES,
  ROLE_REQUEST,
  S_DONE,
  S_END_LF,
  S_FAILED,
  S_FIELD,
  S_METHOD,
  S_NAME,
  S_PHRASE,
  S_SPACE,
  S_START,
  S_START_LF,
  S_START_LINE_LF,
  S_STATUS,
  S_TARGET,
  S_VALUE,
  S_VALUE_LF,
  S_VERSION,
} from "./head.ts";

const VERSION_TEXT = "HTTP/";
/** Empty lines before a request are skipped (RFC 9112 2.2), a few of them. */
const MAX_EMPTY_BYTES = 8;
const MAX_PHRASE_BYTES = 512;

/**
 * Reads `buf[pos..end)` into `head`. Returns the position behind the last byte used; `head.state` is then
 * S_DONE, S_FAILED with `head.failure`, or something between: more bytes are needed, and all were used.
 */
export function readHead(head: Head, buf: Buffer, pos: number, end: number): number {
  const stored = head.stored;
  if (stored === 0) {
    head.bytes = buf;
    head.base = pos;
    const stop = scan(head, buf, pos, pos, end);
    if (head.state < S_DONE && end > pos) head.keep(buf, pos, end);
    return stop;
  }
  const taken = head.keep(buf, pos, end);
  const stop = scan(head, head.bytes, 0, stored, stored + taken);
  return pos + stop - stored;
}

function fail(head: Head, failure: Failure, at: number): number {
  head.failure = failure;
  head.state = S_FAILED;
  return at;
}

function scan(head: Head, buf: Buffer, base: number, from: number, end: number): number {
  let i = from;
  for (;;) {
    if (i >= end) return i;
    switch (head.state) {
      case S_START: {
        const c = buf[i] as number;
        if (head.role !== ROLE_REQUEST) {
          head.mark = i - base;
          head.state = S_VERSION;
          break;
        }
        if (c === CR) {
          if (i - base >= MAX_EMPTY_BYTES) return fail(head, FAILURE.badRequestLine, i);
          head.state = S_START_LF;
          i += 1;
          break;
        }
        if (c === LF) return fail(head, FAILURE.bareLf, i);
        if (TOKEN[c] !== 1) return fail(head, FAILURE.badMethod, i);
        head.methodStart = i - base;
        head.state = S_METHOD;
        break;
      }
      case S_START_LF:
        if (buf[i] !== LF) return fail(head, FAILURE.bareCr, i);
        head.state = S_START;
        i += 1;
        break;
      case S_METHOD: {
        const limit = base + head.methodStart + MAX_METHOD_BYTES;
        const stop = Math.min(end, limit);
        while (i < stop && TOKEN[buf[i] as number] === 1) i += 1;
        if (i === limit) return fail(head, FAILURE.badMethod, i);
        if (i === end) return i;
        if (buf[i] !== SP) return fail(head, FAILURE.badMethod, i);
        head.methodEnd = i - base;
        i += 1;
        head.targetStart = i - base;
        head.state = S_TARGET;
        break;
      }
      case S_TARGET: {
        const limit = base + head.targetStart + head.limits.maxTargetBytes + 1;
        const stop = Math.min(end, limit);
        while (i < stop && VISIBLE[buf[i] as number] === 1) i += 1;
        if (i === limit) return fail(head, FAILURE.targetTooLong, i);
        if (i === end) return i;
        const c = buf[i] as number;
        if (c !== SP || i === base + head.targetStart) return fail(head, c > 127 ? FAILURE.targetNotAscii : FAILURE.badTarget, i);
        head.targetEnd = i - base;
        i += 1;
        head.mark = i - base;
        head.state = S_VERSION;
        break;
      }
      case S_VERSION: {
        const at = i - base - head.mark;
        const c = buf[i] as number;
        const request = head.role === ROLE_REQUEST;
        if (at < 5) {
          if (c !== VERSION_TEXT.charCodeAt(at)) return fail(head, request ? FAILURE.badRequestLine : FAILURE.badStatusLine, i);
        } else if (at === 6) {
          if (c !== 0x2e) return fail(head, request ? FAILURE.badRequestLine : FAILURE.badStatusLine, i);
        } else if (at < 8) {
          if (c < ZERO || c > NINE) return fail(head, request ? FAILURE.badRequestLine : FAILURE.badStatusLine, i);
        } else {
          if (c !== (request ? CR : SP)) return fail(head, request ? FAILURE.badRequestLine : FAILURE.badStatusLine, i);
          const major = buf[i - 3] as number;
          head.minor = (buf[i - 1] as number) - ZERO;
          if (major !== 0x31 || head.minor > 1) return fail(head, FAILURE.badVersion, i);
          head.mark = i + 1 - base;
          head.state = request ? S_START_LINE_LF : S_STATUS;
        }
        i += 1;
        break;
      }
      case S_STATUS: {
        const at = i - base - head.mark;
        const c = buf[i] as number;
        if (at < 3) {
          if (c < ZERO || c > NINE) return fail(head, FAILURE.badStatusLine, i);
          head.status = head.status * 10 + (c - ZERO);
          i += 1;
          break;
        }
        // The space before an empty phrase is often left out; nothing else can be meant.
        if (head.status < 100 || (c !== SP && c !== CR)) return fail(head, FAILURE.badStatusLine, i);
        head.state = c === CR ? S_START_LINE_LF : S_PHRASE;
        i += 1;
        head.mark = i - base;
        break;
      }
      case S_PHRASE: {
        const limit = base + head.mark + MAX_PHRASE_BYTES;
        const stop = Math.min(end, limit);
        while (i < stop && VALUE[buf[i] as number] === 1) i += 1;
        if (i === limit) return fail(head, FAILURE.badStatusLine, i);
        if (i === end) return i;
        if (buf[i] !== CR) return fail(head, buf[i] === LF ? FAILURE.bareLf : FAILURE.badStatusLine, i);
        head.state = S_START_LINE_LF;
        i += 1;
        break;
      }
      case S_START_LINE_LF:
        if (buf[i] !== LF) return fail(head, FAILURE.bareCr, i);
        i += 1;
        head.fieldsStart = i - base;
        head.state = S_FIELD;
        break;
      default: {
        i = scanFields(head, buf, base, i, end);
        if (head.state >= S_DONE || i >= end) return i;
        break;
      }
    }
  }
}

/** The field section: names, values, the empty line. Trailers begin here. */
function scanFields(head: Head, buf: Buffer, base: number, from: number, end: number): number {
  const limit = base + head.fieldsStart + head.limits.maxHeaderBytes;
  const stop = Math.min(end, limit);
  const lines = head.lines;
  let i = from;
  while (i < stop) {
    switch (head.state) {
      case S_FIELD: {
        const c = buf[i] as number;
        if (TOKEN[c] !== 1) {
          if (c === CR) {
            head.state = S_END_LF;
            i += 1;
            break;
          }
          return fail(head, notAName(c), i);
        }
        if (head.count === head.limits.maxHeaderLines) return fail(head, FAILURE.tooManyLines, i);
        lines[head.count * 4] = i - base;
        head.state = S_NAME;
        break;
      }
      case S_NAME: {
        while (i < stop && TOKEN[buf[i] as number] === 1) i += 1;
        if (i === stop) break;
        const c = buf[i] as number;
        if (c !== COLON) return fail(head, notAColon(c), i);
        lines[head.count * 4 + 1] = i - base;
        head.state = S_SPACE;
        i += 1;
        break;
      }
      case S_SPACE:
        while (i < stop && (buf[i] === SP || buf[i] === HTAB)) i += 1;
        if (i === stop) break;
        lines[head.count * 4 + 2] = i - base;
        head.state = S_VALUE;
        break;
      case S_VALUE: {
        while (i < stop && VALUE[buf[i] as number] === 1) i += 1;
        if (i === stop) break;
        const c = buf[i] as number;
        if (c !== CR) return fail(head, c === LF ? FAILURE.bareLf : c === 0 ? FAILURE.nul : FAILURE.controlInValue, i);
        head.mark = i - base;
        head.state = S_VALUE_LF;
        i += 1;
        break;
      }
      case S_VALUE_LF: {
        if (buf[i] !== LF) return fail(head, FAILURE.bareCr, i);
        let last = base + head.mark;
        const first = base + (lines[head.count * 4 + 2] as number);
        while (last > first && (buf[last - 1] === SP || buf[last - 1] === HTAB)) last -= 1;
        lines[head.count * 4 + 3] = last - base;
        const failure = readField(head, buf, base, head.count);
        if (failure !== null) return fail(head, failure, i);
        head.count += 1;
        head.state = S_FIELD;
        i += 1;
        break;
      }
      default:
        if (buf[i] !== LF) return fail(head, FAILURE.bareCr, i);
        i += 1;
        head.length = i - base;
        head.state = S_DONE;
        return i;
    }
  }
  return i === limit ? fail(head, FAILURE.headTooLarge, i) : i;
}

function notAName(c: number): Failure {
  if (c === LF) return FAILURE.bareLf;
  return c === SP || c === HTAB ? FAILURE.foldedLine : FAILURE.badName;
}

function notAColon(c: number): Failure {
  if (c === SP || c === HTAB) return FAILURE.spaceBeforeColon;
  if (c === CR) return FAILURE.missingColon;
  return c === LF ? FAILURE.bareLf : FAILURE.badName;
}
