import type { MeshStore } from "../../compile/store.ts";
import type { Subscriber } from "../../discovery/server/contract.ts";
import type { UpStreamHandler } from "../../discovery/server/server.ts";
import { workloadLabel } from "../workload-label.ts";
import { readSpans, type StoredSpan } from "./read-spans.ts";
import type { TraceStore } from "./trace-store.ts";

/** Takes the OTLP spans of proxies into the store. */
export class SpanReports {
  readonly #traces: TraceStore;
  readonly #store: MeshStore;
  /** Spans that were taken. */
  received = 0;
  /** Spans that could not be used, and requests that were no OTLP. */
  refused = 0;

  constructor(traces: TraceStore, store: MeshStore) {
    this.#traces = traces;
    this.#store = store;
  }

  /** One call of one proxy. */
  receive({ id }: Subscriber): UpStreamHandler {
    return { message: (bytes) => this.#take(id, bytes), end: () => {} };
  }

  #take(instance: string, bytes: Buffer): void {
    const read = readSpans(bytes);
    if (read === null) {
      this.refused += 1;
      return;
    }
    this.refused += read.refused;
    const sender = workloadLabel(this.#store, instance);
    for (const span of read.spans) {
      this.received += 1;
      this.#traces.add(asToldBy(sender, span));
    }
  }
}

/** Whatever a message says, its sender speaks of itself: it is the source of what goes out, the destination of what comes in. */
function asToldBy(sender: string, span: StoredSpan): StoredSpan {
  return span.direction === "outbound" ? { ...span, source: sender } : { ...span, destination: sender };
}
