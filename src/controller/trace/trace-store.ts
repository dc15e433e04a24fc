import type { Clock } from "../../lib/clock.ts";
import type { StoredSpan } from "./read-spans.ts";

export interface TraceLimits {
  readonly maxTraces: number;
  readonly maxSpansPerTrace: number;
  /** Of all spans together, as {@link sizeOf} reckons. */
  readonly maxBytes: number;
}

const DEFAULT_TRACE_LIMITS: TraceLimits = Object.freeze({ maxTraces: 10_000, maxSpansPerTrace: 500, maxBytes: 64 * 1024 * 1024 });

/** A trace as far as its spans have come. */
export interface Trace {
  readonly id: string;
  /** Of its first span, at the controller: Unix milliseconds. */
  readonly arrivedMs: number;
  /** In the order they came. */
  readonly spans: readonly StoredSpan[];
}

interface Kept extends Trace {
  readonly spans: StoredSpan[];
  readonly spanIds: Set<string>;
  bytes: number;
}

/** The last traces by id; the one that began to come first goes first. Late spans join theirs. */
export class TraceStore {
  readonly #clock: Clock;
  readonly #limits: TraceLimits;
  /** In the order their first spans came. */
  readonly #traces = new Map<string, Kept>();
  #bytes = 0;
  #spans = 0;
  /** Traces that went to make room. */
  evicted = 0;
  /** Spans beyond what one trace holds. */
  overflowed = 0;

  constructor(clock: Clock, limits: TraceLimits = DEFAULT_TRACE_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#traces.size;
  }

  get spans(): number {
    return this.#spans;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(span: StoredSpan): void {
    let trace = this.#traces.get(span.traceId);
    if (trace === undefined) {
      trace = { id: span.traceId, arrivedMs: this.#clock.nowMs(), spans: [], spanIds: new Set(), bytes: 0 };
      this.#traces.set(span.traceId, trace);
    }
    // A message that was sent again.
    if (trace.spanIds.has(span.spanId)) return;
    if (trace.spans.length >= this.#limits.maxSpansPerTrace) {
      this.overflowed += 1;
      return;
    }
    const bytes = sizeOf(span);
    trace.spans.push(span);
    trace.spanIds.add(span.spanId);
    trace.bytes += bytes;
    this.#bytes += bytes;
    this.#spans += 1;
    while ((this.#traces.size > this.#limits.maxTraces || this.#bytes > this.#limits.maxBytes) && this.#traces.size > 1) this.#drop();
  }

  get(id: string): Trace | undefined {
    return this.#traces.get(id);
  }

  /** Traces whose id begins so, at most `limit`. */
  startingWith(prefix: string, limit: number): readonly Trace[] {
    const found: Trace[] = [];
    for (const [id, trace] of this.#traces) {
      if (!id.startsWith(prefix)) continue;
      found.push(trace);
      if (found.length === limit) break;
    }
    return found;
  }

  /** Newest first. */
  *newest(): Iterable<Trace> {
    const all = [...this.#traces.values()];
    for (let index = all.length - 1; index >= 0; index -= 1) yield all[index] as Trace;
  }

  #drop(): void {
    for (const [id, { bytes, spans }] of this.#traces) {
      this.#traces.delete(id);
      this.#bytes -= bytes;
      this.#spans -= spans.length;
      this.evicted += 1;
      return;
    }
  }
}

/** What an object of a span, its ids in two places, and the heads of its strings take beside their characters. */
const SPAN_BYTES = 900;

function sizeOf(span: StoredSpan): number {
  const { method, authority, path, reason, policy, service, source, destination, route, requestId } = span;
  const texts = [method, authority, path, reason, policy, service, source, destination, route, requestId];
  return texts.reduce((bytes, text) => bytes + text.length, SPAN_BYTES);
}
