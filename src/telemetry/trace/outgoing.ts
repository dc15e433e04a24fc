import { formatB3Single, formatB3TraceId } from "./b3.ts";
import { FORMAT_B3_MULTI, FORMAT_B3_SINGLE, FORMAT_W3C } from "./incoming.ts";
import { formatTraceparent } from "./w3c.ts";

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

const W3C_NAMES = ["traceparent"];
const B3_SINGLE_NAMES = ["b3"];
const B3_MULTI_NAMES = ["x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled"];

/** By bits of formats, and one more for a trace that begins here. */
const REPLACED: readonly ReadonlySet<string>[] = Array.from({ length: 16 }, (_, bits) => {
  const names: string[] = [];
  if ((bits & FORMAT_W3C) !== 0) names.push(...W3C_NAMES);
  if ((bits & FORMAT_B3_SINGLE) !== 0) names.push(...B3_SINGLE_NAMES);
  if ((bits & FORMAT_B3_MULTI) !== 0) names.push(...B3_MULTI_NAMES);
  // It belongs to the trace that is not gone on with (W3C Trace Context 3.3).
  if ((bits & 8) !== 0) names.push("tracestate");
  return new Set(names);
});

/** Lower-case names of the lines that {@link formatOutgoing} writes anew. `begins`: the trace begins at this hop. */
export function replacedLines(formats: number, begins: boolean): ReadonlySet<string> {
  return REPLACED[formats | (begins ? 8 : 0)] as ReadonlySet<string>;
}
