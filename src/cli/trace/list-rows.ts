import type { TraceSummary } from "../../api/contract.ts";
import { formatAge } from "../../lib/age.ts";
import type { Style } from "../output/style.ts";
import { duration, outcome, paintOutcome, request, short } from "./span-cells.ts";

/** Of an id: enough that two of 10,000 begin alike once in five million lists. */
const SHORT_ID = 16;

const TRACE_HEADERS: readonly string[] = ["trace", "age", "duration", "spans", "errors", "from", "service", "request", "status"];

export interface TraceColumns {
  /** Names of this one are shown without it; empty: all in full. */
  readonly namespace: string;
  readonly wide: boolean;
  readonly nowMs: number;
}

export function traceHeaders(): readonly string[] {
  return TRACE_HEADERS;
}

export function traceRow(
  { traceId, start, durationMs, spans, errors, first }: TraceSummary,
  { namespace, wide, nowMs }: TraceColumns,
  style: Style,
): string[] {
  return [
    wide ? traceId : traceId.slice(0, SHORT_ID),
    formatAge(nowMs - Date.parse(start)),
    duration(durationMs),
    String(spans),
    errors > 0 ? style.bad(String(errors)) : "0",
    short(first.source, namespace),
    short(first.service, namespace),
    request(first),
    paintOutcome(outcome(first), first, style),
  ];
}
