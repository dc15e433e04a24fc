import { formatB3Single, formatB3TraceId } from "./b3.ts";
import { FORMAT_B3_MULTI, FORMAT_B3_SINGLE, FORMAT_W3C } from "./incoming.ts";
import { formatTraceparent } from "./w3c.ts";

/** A bit beside those of formats: the trace begins at this hop, so `tracestate` is of another one (W3C Trace Context 3.3). */
export const BEGINS_HERE = 8;

/** A sampled request on its way to the next hop. */
export interface OutgoingTrace {
  /** `FORMAT_…` to write; at least one. */
  readonly formats: number;
  readonly traceId: string;
  /** The span of this hop: the next one's parent. */
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly debug: boolean;
}

/** Name, value, name, value… */
export function formatOutgoing({ formats, traceId, spanId, parentSpanId, debug }: OutgoingTrace): readonly string[] {
  const context = { traceId, parentId: spanId, sampled: true };
  const lines: string[] = [];
  if ((formats & FORMAT_W3C) !== 0) lines.push("traceparent", formatTraceparent(context));
  if ((formats & FORMAT_B3_SINGLE) !== 0) lines.push("b3", formatB3Single(context, debug, parentSpanId));
  if ((formats & FORMAT_B3_MULTI) !== 0) {
    lines.push("x-b3-traceid", formatB3TraceId(traceId), "x-b3-spanid", spanId);
    if (parentSpanId !== "") lines.push("x-b3-parentspanid", parentSpanId);
    // Debug says so already, in a header that passes as it came.
    if (!debug) lines.push("x-b3-sampled", "1");
  }
  return lines;
}
