import { b3MultiState, parseB3Multi, parseB3Sampling, parseB3Single } from "./b3.ts";
import type { TraceContext } from "./context.ts";
import { parseTraceparent } from "./w3c.ts";

/** Formats of trace headers, as bits: a request may carry several. */
export const FORMAT_W3C = 1;
export const FORMAT_B3_SINGLE = 2;
export const FORMAT_B3_MULTI = 4;

/** What a request's headers say of a trace. */
export interface IncomingTrace {
  /** `FORMAT_…` of every header that is there, readable or not; 0: none. Of a sampled or open one only. */
  readonly formats: number;
  /** What the caller decided; `open`: nothing that could be read. */
  readonly decision: "sampled" | "unsampled" | "open";
  /** Its span, of a sampled one; null where it only decided. */
  readonly context: TraceContext | null;
  /** Of B3: record this one whatever the rates. */
  readonly debug: boolean;
}

const NOTHING: IncomingTrace = Object.freeze({ formats: 0, decision: "open", context: null, debug: false });
/** The rest is of no interest then, and not looked up. */
const UNSAMPLED: IncomingTrace = Object.freeze({ formats: FORMAT_W3C, decision: "unsampled", context: null, debug: false });

/** Reads headers by lower-case name. The first that can be read counts: `traceparent`, then `b3`, then `x-b3-…`. */
export function readIncoming(header: (name: string) => string | undefined): IncomingTrace {
  const traceparent = header("traceparent");
  const w3c = traceparent === undefined ? null : parseTraceparent(traceparent);
  if (w3c !== null && !w3c.sampled) return UNSAMPLED;
  const single = header("b3");
  const multiState = b3MultiState(header);
  const multi = multiState !== undefined || header("x-b3-traceid") !== undefined || header("x-b3-spanid") !== undefined;
  const formats =
    (traceparent === undefined ? 0 : FORMAT_W3C) | (single === undefined ? 0 : FORMAT_B3_SINGLE) | (multi ? FORMAT_B3_MULTI : 0);
  if (formats === 0) return NOTHING;
  const context = w3c ?? (single === undefined ? null : parseB3Single(single)) ?? (multi ? parseB3Multi(header) : null);
  if (context !== null) return decided(formats, context.sampled, context, header);
  // Ids that cannot be read take their decision with them; B3 also knows decisions without ids.
  const bare = parseB3Sampling(single) ?? (header("x-b3-traceid") === undefined ? parseB3Sampling(multiState) : null);
  return bare === null ? { formats, decision: "open", context: null, debug: false } : decided(formats, bare, null, header);
}

function decided(
  formats: number,
  sampled: boolean,
  context: TraceContext | null,
  header: (name: string) => string | undefined,
): IncomingTrace {
  const single = header("b3");
  const debug = sampled && (b3MultiState(header) === "d" || single === "d" || single?.split("-")[2] === "d");
  return { formats, decision: sampled ? "sampled" : "unsampled", context, debug };
}
