/** Percent-encodings of one path segment: decoded where they stand for an unreserved character, upper case where not. */

export interface ReadSegment {
  readonly text: string;
  readonly refusal: "encoded-slash" | "backslash" | "control" | "bad-percent" | "bad-utf8" | null;
}

type Refused = NonNullable<ReadSegment["refusal"]>;

function refused(refusal: Refused): ReadSegment {
  return { text: "", refusal };
}

/** `segment` holds only visible ASCII and no slash. */
export function readSegment(segment: string): ReadSegment {
  let from = segment.indexOf("%");
  if (from === -1) return { text: segment, refusal: null };
  let text = segment.slice(0, from);
  while (from < segment.length) {
    if (segment.charCodeAt(from) !== 0x25) {
      const next = segment.indexOf("%", from);
      const end = next === -1 ? segment.length : next;
      text += segment.slice(from, end);
      from = end;
      continue;
    }
    const byte = percentByte(segment, from);
    if (byte === -1) return refused("bad-percent");
    if (byte >= 0x80) {
      const bytes = utf8Length(segment, from, byte);
      if (bytes === 0) return refused("bad-utf8");
      text += segment.slice(from, from + bytes * 3).toUpperCase();
      from += bytes * 3;
      continue;
    }
    if (byte < 0x20 || byte === 0x7f) return refused("control");
    if (byte === 0x2f) return refused("encoded-slash");
    if (byte === 0x5c) return refused("backslash");
    // RFC 3986 6.2.2.2 and 6.2.2.1.
    text += isUnreserved(byte) ? String.fromCharCode(byte) : segment.slice(from, from + 3).toUpperCase();
    from += 3;
  }
  return { text, refusal: null };
}

/** Value of `%XX` at `at`, or -1 when it is none. */
export function percentByte(text: string, at: number): number {
  if (at + 2 >= text.length || text.charCodeAt(at) !== 0x25) return -1;
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** RFC 3986 2.3: letters, digits, `-` `.` `_` `~`. */
function isUnreserved(byte: number): boolean {
  const lower = byte | 0x20;
  if ((byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a)) return true;
  return byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x7e;
}

/**
 * Bytes of the UTF-8 sequence that begins with `lead` at `at`, all percent-encoded; 0 when it is not one.
 * The bounds of the second byte keep out overlong forms, surrogates and values over U+10FFFF (RFC 3629 4).
 */
function utf8Length(text: string, at: number, lead: number): number {
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  for (let index = 1; index < length; index += 1) {
    const byte = percentByte(text, at + index * 3);
    const low = index > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = index > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (byte < low || byte > high) return 0;
  }
  return length;
}
