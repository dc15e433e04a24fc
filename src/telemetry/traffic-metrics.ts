import type { Histogram, HistogramFamily } from "./metrics/histogram.ts";
import type { MetricsRegistry } from "./metrics/registry.ts";
import type { Counter, CounterFamily } from "./metrics/scalar.ts";
import { type EdgeDelta, type OutcomeDelta, TrafficDeltas } from "./traffic-deltas.ts";

/** What is counted of one finished request or TCP connection; the proxy's ExchangeRecord fits. */
export interface CountedExchange {
  readonly direction: string;
  readonly protocol: string;
  readonly service: string;
  readonly source: string;
  readonly destination: string;
  readonly routeLabel: string;
  readonly status: number;
  /** -1: not gRPC. */
  readonly grpcStatus: number;
  readonly reason: string;
  readonly mtls: boolean;
  readonly durationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

const EDGE_LABELS = ["direction", "protocol", "service", "source", "destination", "mtls"] as const;

/** Microseconds recorded, seconds shown; 0.5 ms to 67 s as `le`. */
const SECONDS = { unitsPerExposed: 1_000_000, shownExponents: [9, 26] } as const;

/** On average, before the cache starts over. */
const OUTCOMES_PER_EDGE = 16;

/** All series between one source and one destination, resolved once. */
interface Edge {
  readonly duration: Histogram;
  readonly requestBytes: Counter;
  readonly responseBytes: Counter;
  readonly labels: readonly string[];
  /** What is reported, by route. */
  readonly deltas: Map<string, EdgeDelta>;
  /** By gRPC and HTTP status together, then reason, then route. */
  readonly requests: Map<number, Map<string, Map<string, Outcome>>>;
}

interface Outcome {
  readonly counter: Counter;
  readonly edge: EdgeDelta;
  readonly delta: OutcomeDelta;
}

/**
 * Counts traffic by who spoke to whom, over what, and how it ended. The label tuples of a request are
 * found in nested maps keyed by its own strings: nothing is concatenated or allocated for a known one.
 */
export class TrafficMetrics {
  readonly #requests: CounterFamily;
  readonly #duration: HistogramFamily;
  readonly #requestBytes: CounterFamily;
  readonly #responseBytes: CounterFamily;
  readonly #maxEdges: number;
  readonly #deltas: TrafficDeltas;
  #edges = new Nested<Edge>();
  #outcomes = 0;

  /** What was counted is kept in `registry` for good and in `deltas` until it is reported. */
  constructor(registry: MetricsRegistry, maxEdges = 1_000, deltas: TrafficDeltas = new TrafficDeltas()) {
    this.#maxEdges = maxEdges;
    this.#deltas = deltas;
    this.#requests = registry.counter("meshctl_exchanges_total", "Finished requests and TCP connections by outcome; status 0 is none.", [
      ...EDGE_LABELS,
      "status",
      "reason",
      "route",
      "grpc_status",
    ]);
    this.#duration = registry.histogram(
      "meshctl_exchange_duration_seconds",
      "Time from the head's arrival to the last byte.",
      EDGE_LABELS,
      SECONDS,
    );
    this.#requestBytes = registry.counter("meshctl_request_bytes_total", "Body bytes towards the server.", EDGE_LABELS);
    this.#responseBytes = registry.counter("meshctl_response_bytes_total", "Body bytes towards the client.", EDGE_LABELS);
  }

  ended(exchange: CountedExchange): void {
    const edge = this.#edgeOf(exchange);
    const durationUs = exchange.durationMs * 1_000;
    edge.duration.record(durationUs);
    edge.requestBytes.add(exchange.requestBytes);
    edge.responseBytes.add(exchange.responseBytes);
    const outcome = this.#outcomeOf(edge, exchange);
    outcome.counter.add(1);
    this.#deltas.count(outcome.edge, outcome.delta, durationUs, exchange.requestBytes, exchange.responseBytes);
  }

  #edgeOf(exchange: CountedExchange): Edge {
    const { direction, protocol, service, source, destination } = exchange;
    const mtls = exchange.mtls ? "true" : "false";
    const known = this.#edges.get(direction, protocol, service, source, destination, mtls);
    if (known !== undefined) return known;
    const labels = [direction, protocol, service, source, destination, mtls];
    const edge: Edge = {
      duration: this.#duration.with(...labels),
      requestBytes: this.#requestBytes.with(...labels),
      responseBytes: this.#responseBytes.with(...labels),
      labels,
      deltas: new Map(),
      requests: new Map(),
    };
    // The families are bounded by themselves; this cache is so by starting over.
    if (this.#edges.size >= this.#maxEdges || this.#outcomes >= this.#maxEdges * OUTCOMES_PER_EDGE) {
      this.#edges = new Nested();
      this.#outcomes = 0;
    }
    this.#edges.set(edge, direction, protocol, service, source, destination, mtls);
    return edge;
  }

  #outcomeOf(edge: Edge, exchange: CountedExchange): Outcome {
    const { status, grpcStatus, reason, routeLabel } = exchange;
    const code = grpcStatus * 1_000 + status;
    const known = edge.requests.get(code)?.get(reason)?.get(routeLabel);
    if (known !== undefined) return known;
    let delta = edge.deltas.get(routeLabel);
    if (delta === undefined) edge.deltas.set(routeLabel, (delta = this.#deltas.edge({ ...exchange, route: routeLabel })));
    const outcome = {
      counter: this.#requests.with(...edge.labels, String(status), reason, routeLabel, grpcStatus < 0 ? "" : String(grpcStatus)),
      edge: delta,
      delta: delta.outcome(status, reason, grpcStatus),
    };
    const byReason = edge.requests.get(code) ?? new Map<string, Map<string, Outcome>>();
    const byRoute = byReason.get(reason) ?? new Map<string, Outcome>();
    edge.requests.set(code, byReason);
    byReason.set(reason, byRoute);
    byRoute.set(routeLabel, outcome);
    this.#outcomes += 1;
    return outcome;
  }
}

type Level = Map<string, unknown>;

/** A map over six strings that never joins them into a key. */
class Nested<T> {
  readonly #root: Level = new Map();
  size = 0;

  get(a: string, b: string, c: string, d: string, e: string, f: string): T | undefined {
    const level = next(next(next(next(next(this.#root, a), b), c), d), e);
    return level?.get(f) as T | undefined;
  }

  set(value: T, ...keys: readonly [string, string, string, string, string, string]): void {
    let level = this.#root;
    for (const key of keys.slice(0, -1)) {
      const below = (level.get(key) as Level | undefined) ?? new Map();
      level.set(key, below);
      level = below;
    }
    level.set(keys[5], value);
    this.size += 1;
  }
}

function next(level: Level | undefined, key: string): Level | undefined {
  return level?.get(key) as Level | undefined;
}
