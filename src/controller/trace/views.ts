import type { TraceDetail, TraceSpan, TraceSummary } from "../../api/contract.ts";
import type { StoredSpan } from "./read-spans.ts";
import type { Trace } from "./trace-store.ts";

export function traceSummary({ id, spans }: Trace): TraceSummary {
  const { startUs, endUs } = extent(spans);
  return {
    traceId: id,
    start: instant(startUs),
    durationMs: (endUs - startUs) / 1_000,
    spans: spans.length,
    errors: spans.filter(({ error }) => error).length,
    first: viewOf(firstOf(spans), startUs),
  };
}

export function traceDetail({ id, spans }: Trace): TraceDetail {
  const { startUs, endUs } = extent(spans);
  return {
    traceId: id,
    start: instant(startUs),
    durationMs: (endUs - startUs) / 1_000,
    spans: [...spans].sort((a, b) => a.startUs - b.startUs).map((span) => viewOf(span, startUs)),
  };
}

/** From the earliest start to the latest end, Unix microseconds. */
export function extent(spans: readonly StoredSpan[]): { readonly startUs: number; readonly endUs: number } {
  let startUs = Number.POSITIVE_INFINITY;
  let endUs = 0;
  for (const span of spans) {
    startUs = Math.min(startUs, span.startUs);
    endUs = Math.max(endUs, span.endUs);
  }
  return { startUs, endUs };
}

/** The earliest of those whose parent is not there: clocks of two machines may put a child before it. */
function firstOf(spans: readonly StoredSpan[]): StoredSpan {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const tops = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  return (tops.length === 0 ? spans : tops).reduce((first, span) => (span.startUs < first.startUs ? span : first));
}

function viewOf(span: StoredSpan, traceStartUs: number): TraceSpan {
  const { traceId: _, startUs, endUs, grpcStatus, ...rest } = span;
  return {
    ...rest,
    start: instant(startUs),
    offsetMs: (startUs - traceStartUs) / 1_000,
    durationMs: (endUs - startUs) / 1_000,
    grpcStatus: grpcStatus < 0 ? null : grpcStatus,
  };
}

/** RFC 3339 with microseconds. */
function instant(us: number): string {
  const text = new Date(Math.floor(us / 1_000)).toISOString();
  return `${text.slice(0, -1)}${String(us % 1_000).padStart(3, "0")}Z`;
}
