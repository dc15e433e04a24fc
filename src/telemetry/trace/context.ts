/** Where a request stands in a trace, whatever the headers that say so. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero: the span that sent the request. */
  readonly parentId: string;
  readonly sampled: boolean;
}

export function isTraceId(text: string): boolean {
  return text.length === 32 && isId(text, 0, 32);
}

export function isSpanId(text: string): boolean {
  return text.length === 16 && isId(text, 0, 16);
}

/** Lower-case hex digits, not all of them zero. By character: a regular expression for each part took most of the time. */
export function isId(text: string, start: number, end: number): boolean {
  let some = 0;
  for (let index = start; index < end; index += 1) {
    const digit = hexDigit(text.charCodeAt(index));
    if (digit < 0) return false;
    some |= digit;
  }
  return some !== 0;
}

/** 0 to 15; -1 for anything but 0-9 and a-f. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}
