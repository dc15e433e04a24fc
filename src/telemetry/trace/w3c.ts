/** `traceparent` of W3C Trace Context, level 1 (sections 3.2 and 4). */
import { hexDigit, isId, type TraceContext } from "./context.ts";

const SAMPLED = 0x01;
const DASH = 0x2d;
/** version "-" trace-id "-" parent-id "-" flags */
const LENGTH = 55;

/** Null when the header is to be ignored: the trace then starts anew. */
export function parseTraceparent(value: string): TraceContext | null {
  if (value.length < LENGTH) return null;
  if (value.charCodeAt(2) !== DASH || value.charCodeAt(35) !== DASH || value.charCodeAt(52) !== DASH) return null;
  const version = hexByte(value, 0);
  const flags = hexByte(value, 53);
  if (version < 0 || version === 0xff || flags < 0) return null;
  // A version above 00 may go on after another dash (3.2.4).
  if (value.length > LENGTH && (version === 0 || value.charCodeAt(LENGTH) !== DASH)) return null;
  if (!isId(value, 3, 35) || !isId(value, 36, 52)) return null;
  return { traceId: value.slice(3, 35), parentId: value.slice(36, 52), sampled: (flags & SAMPLED) !== 0 };
}

/** Of two digits; negative when they are none. */
function hexByte(text: string, at: number): number {
  return (hexDigit(text.charCodeAt(at)) << 4) | hexDigit(text.charCodeAt(at + 1));
}

/** Always of version 00. */
export function formatTraceparent({ traceId, parentId, sampled }: TraceContext): string {
  return `00-${traceId}-${parentId}-${sampled ? "01" : "00"}`;
}
