/** `traceparent` of W3C Trace Context, level 1 (sections 3.2 and 4). */
import { isSpanId, isTraceId, type TraceContext } from "./context.ts";

const SAMPLED = 0x01;

/** Null when the header is to be ignored: the trace then starts anew. */
export function parseTraceparent(value: string): TraceContext | null {
  // version "-" trace-id "-" parent-id "-" flags; a version above 00 may go on after another dash (3.2.4).
  const parts = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(value);
  if (parts === null) return null;
  const [, version = "", traceId = "", parentId = "", flags = "", rest] = parts;
  if (version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (!isTraceId(traceId) || !isSpanId(parentId)) return null;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Always of version 00. */
export function formatTraceparent({ traceId, parentId, sampled }: TraceContext): string {
  return `00-${traceId}-${parentId}-${sampled ? "01" : "00"}`;
}
