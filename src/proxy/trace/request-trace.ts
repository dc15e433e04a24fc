import { FORMAT_W3C, readIncoming } from "../../telemetry/trace/incoming.ts";
import { BEGINS_HERE, formatOutgoing } from "../../telemetry/trace/outgoing.ts";
import type { Tracer } from "./tracer.ts";

const NONE: readonly string[] = Object.freeze([]);

/** Header lines by lower-case name. */
interface Lookup {
  header(name: string): string | undefined;
}

/**
 * The trace of one request at this hop; reused. While {@link sampled} is false the request's own headers
 * pass untouched and none is added; nothing is allocated for it unless it brought trace headers to read.
 */
export class RequestTrace {
  sampled = false;
  /** Lower-case hex; empty unless sampled. */
  traceId = "";
  /** This hop's span: what is written for the next hop names it. */
  spanId = "";
  /** The caller's span; empty for the first of a trace. */
  parentSpanId = "";
  /** Header lines for the next hop in the formats the request came with: name, value, name, value… */
  lines: readonly string[] = NONE;
  /** `FORMAT_…` of the request's own lines that {@link lines} stand for, and {@link BEGINS_HERE}; 0 unless sampled. */
  replaced = 0;

  /** A request with trace headers. `mayBegin`: it may be the first of a trace where they leave that open. */
  open(request: Lookup, tracer: Tracer, mayBegin: boolean): void {
    this.reset();
    const { formats, decision, context, debug } = readIncoming((name) => request.header(name));
    if (decision === "unsampled") return;
    if (decision === "open" && !(mayBegin && tracer.begins())) return;
    const traceId = context === null ? tracer.traceId() : context.traceId;
    const parentSpanId = context === null ? "" : context.parentId;
    this.#go(tracer, formats === 0 ? FORMAT_W3C : formats, traceId, parentSpanId, debug);
  }

  /** A request without trace headers that begins a trace: {@link Tracer.begins} said so. */
  begin(tracer: Tracer): void {
    this.#go(tracer, FORMAT_W3C, tracer.traceId(), "", false);
  }

  reset(): void {
    if (!this.sampled) return;
    this.sampled = false;
    this.traceId = "";
    this.spanId = "";
    this.parentSpanId = "";
    this.lines = NONE;
    this.replaced = 0;
  }

  #go(tracer: Tracer, formats: number, traceId: string, parentSpanId: string, debug: boolean): void {
    this.sampled = true;
    this.traceId = traceId;
    this.spanId = tracer.spanId();
    this.parentSpanId = parentSpanId;
    this.lines = formatOutgoing({ formats, traceId, spanId: this.spanId, parentSpanId, debug });
    this.replaced = formats | (parentSpanId === "" ? BEGINS_HERE : 0);
  }
}
