import { FORMAT_W3C, readIncoming } from "../../telemetry/trace/incoming.ts";
import { formatOutgoing, replacedLines } from "../../telemetry/trace/outgoing.ts";
import type { Tracer } from "./tracer.ts";

const NONE: readonly string[] = Object.freeze([]);
const NO_NAMES: ReadonlySet<string> = new Set();

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
  #replaced = NO_NAMES;

  /** A request with trace headers. `mayBegin`: it may be the first of a trace where they leave that open. */
  open(header: (lowerName: string) => string | undefined, tracer: Tracer, mayBegin: boolean): void {
    this.reset();
    const { formats, decision, context, debug } = readIncoming(header);
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

  /** The line stays behind: {@link lines} has a new one, or it belongs to a trace that ended here. */
  replaces(lowerName: string): boolean {
    return this.#replaced.has(lowerName);
  }

  reset(): void {
    if (!this.sampled) return;
    this.sampled = false;
    this.traceId = "";
    this.spanId = "";
    this.parentSpanId = "";
    this.lines = NONE;
    this.#replaced = NO_NAMES;
  }

  #go(tracer: Tracer, formats: number, traceId: string, parentSpanId: string, debug: boolean): void {
    this.sampled = true;
    this.traceId = traceId;
    this.spanId = tracer.spanId();
    this.parentSpanId = parentSpanId;
    this.lines = formatOutgoing({ formats, traceId, spanId: this.spanId, parentSpanId, debug });
    this.#replaced = replacedLines(formats, parentSpanId === "");
  }
}
