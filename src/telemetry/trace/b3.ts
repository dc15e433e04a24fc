/** B3, Zipkin's headers: one (`b3`) or several (`x-b3-…`). Old tracers send 64-bit trace ids: padded on the left. */
import { isSpanId, isTraceId, type TraceContext } from "./context.ts";

/** The sampling state of a `b3` that holds nothing else, or of `x-b3-sampled` and `x-b3-flags` without ids; null: none that can be read. */
export function parseB3Sampling(state: string | undefined): boolean | null {
  return state === undefined || state === "" ? null : (SAMPLING.get(state.toLowerCase()) ?? null);
}

/** `b3: {TraceId}-{SpanId}[-{SamplingState}[-{ParentSpanId}]]`; null for a bare sampling state and for what cannot be read. */
export function parseB3Single(value: string): TraceContext | null {
  const [traceId, spanId, state, parent, ...rest] = value.split("-");
  if (rest.length > 0 || (parent !== undefined && !isSpanId(parent))) return null;
  return contextOf(traceId, spanId, state ?? "");
}

/** From the headers by lower-case name. `x-b3-flags: 1` (debug) implies sampled. */
export function parseB3Multi(header: (name: string) => string | undefined): TraceContext | null {
  return contextOf(header("x-b3-traceid"), header("x-b3-spanid"), b3MultiState(header) ?? "");
}

export function b3MultiState(header: (name: string) => string | undefined): string | undefined {
  return header("x-b3-flags") === "1" ? "d" : header("x-b3-sampled");
}

/** `parentId` of the context is the span that sends; `grandparentId` the one above it, or empty. */
export function formatB3Single({ traceId, parentId, sampled }: TraceContext, debug = false, grandparentId = ""): string {
  const state = debug ? "d" : sampled ? "1" : "0";
  return `${formatB3TraceId(traceId)}-${parentId}-${state}${grandparentId === "" ? "" : `-${grandparentId}`}`;
}

/** 16 digits where they say all: who sent so many may not understand more. */
export function formatB3TraceId(traceId: string): string {
  return traceId.startsWith("0000000000000000") ? traceId.slice(16) : traceId;
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
