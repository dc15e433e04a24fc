/** B3, Zipkin's headers: one (`b3`) or several (`x-b3-…`). Old tracers send 64-bit trace ids: padded on the left. */
import { isSpanId, isTraceId, type TraceContext } from "./context.ts";

/** `b3: {TraceId}-{SpanId}[-{SamplingState}[-{ParentSpanId}]]`; null for a bare sampling state and for what cannot be read. */
export function parseB3Single(value: string): TraceContext | null {
  const [traceId, spanId, state, parent, ...rest] = value.split("-");
  if (rest.length > 0 || (parent !== undefined && !isSpanId(parent))) return null;
  return contextOf(traceId, spanId, state ?? "");
}

/** From the headers by lower-case name. `x-b3-flags: 1` (debug) implies sampled. */
export function parseB3Multi(header: (name: string) => string | undefined): TraceContext | null {
  const state = header("x-b3-flags") === "1" ? "d" : (header("x-b3-sampled") ?? "");
  return contextOf(header("x-b3-traceid"), header("x-b3-spanid"), state);
}

export function formatB3Single({ traceId, parentId, sampled }: TraceContext): string {
  return `${traceId}-${parentId}-${sampled ? "1" : "0"}`;
}

function contextOf(traceId: string | undefined, spanId: string | undefined, state: string): TraceContext | null {
  const full = traceId?.toLowerCase().padStart(32, "0") ?? "";
  const span = spanId?.toLowerCase() ?? "";
  const lengthFits = traceId?.length === 16 || traceId?.length === 32;
  if (!lengthFits || !isTraceId(full) || !isSpanId(span)) return null;
  const sampled = SAMPLING.get(state.toLowerCase());
  return sampled === undefined ? null : { traceId: full, parentId: span, sampled };
}

/** A deferred decision (absent) counts as not sampled: this hop does not decide for the caller. `true` and `false` are of old libraries. */
const SAMPLING: ReadonlyMap<string, boolean> = new Map([
  ["", false],
  ["0", false],
  ["false", false],
  ["1", true],
  ["true", true],
  ["d", true],
]);
