import { BUCKETS, exponentialBucket } from "./exponential.ts";

/** Who spoke to whom, over what. */
export interface EdgeLabels {
  readonly direction: string;
  readonly protocol: string;
  /** `namespace/service:port`; empty when it is none of the mesh. */
  readonly service: string;
  /** `namespace/workload`, a SPIFFE id, {@link OUTSIDE}, or empty when it never came to one. */
  readonly source: string;
  readonly destination: string;
  readonly mtls: boolean;
  /** The rule that took it, as routes are labelled; empty when none was asked. */
  readonly route: string;
}

/** How requests ended. */
export interface OutcomeDelta {
  /** 0: no answer, or TCP. */
  readonly status: number;
  readonly reason: string;
  /** -1: not gRPC. */
  readonly grpcStatus: number;
  count: number;
}

/** A peer without a name in the mesh. Its address is no label: there is no end of those. */
export const OUTSIDE = "_outside_";
/** Stands for what was beyond a limit. */
export const OTHER = "_other_";

/** Edges that may wait to be reported; what is more is counted together. */
const MAX_PENDING = 1_000;
/** Outcomes an edge keeps apart. */
const MAX_OUTCOMES = 128;

/** What has happened on one edge, by one route, since it was last reported. */
export class EdgeDelta {
  readonly labels: EdgeLabels;
  readonly buckets = new Uint32Array(BUCKETS);
  readonly outcomes: OutcomeDelta[] = [];
  count = 0;
  zeros = 0;
  sumUs = 0;
  /** First and last bucket that is not empty. */
  low = BUCKETS;
  high = -1;
  requestBytes = 0;
  responseBytes = 0;

  constructor(labels: EdgeLabels) {
    this.labels = labels;
  }

  /** The place to count an outcome at, for whoever keeps it. */
  outcome(status: number, reason: string, grpcStatus: number): OutcomeDelta {
    const few = this.outcomes.length < MAX_OUTCOMES;
    const wanted = few ? { status, reason, grpcStatus } : { status: status - (status % 100), reason: OTHER, grpcStatus };
    const known = this.outcomes.find(
      (other) => other.status === wanted.status && other.reason === wanted.reason && other.grpcStatus === grpcStatus,
    );
    if (known !== undefined) return known;
    const outcome = { ...wanted, count: 0 };
    this.outcomes.push(outcome);
    return outcome;
  }

  record(durationUs: number, requestBytes: number, responseBytes: number): void {
    this.count += 1;
    this.sumUs += durationUs;
    this.requestBytes += requestBytes;
    this.responseBytes += responseBytes;
    if (durationUs <= 0) {
      this.zeros += 1;
      return;
    }
    const bucket = exponentialBucket(durationUs);
    (this.buckets[bucket] as number) += 1;
    if (bucket < this.low) this.low = bucket;
    if (bucket > this.high) this.high = bucket;
  }

  clear(): void {
    if (this.high >= this.low) this.buckets.fill(0, this.low, this.high + 1);
    for (const outcome of this.outcomes) outcome.count = 0;
    this.count = 0;
    this.zeros = 0;
    this.sumUs = 0;
    this.low = BUCKETS;
    this.high = -1;
    this.requestBytes = 0;
    this.responseBytes = 0;
  }
}

/**
 * What a proxy has counted and not reported yet. An edge enters the queue with its first count after a report;
 * counting allocates nothing.
 */
export class TrafficDeltas {
  #queue: EdgeDelta[] = [];
  readonly #rest = new EdgeDelta({
    direction: OTHER,
    protocol: OTHER,
    service: OTHER,
    source: OTHER,
    destination: OTHER,
    mtls: false,
    route: OTHER,
  });
  readonly #restOutcome = this.#rest.outcome(0, OTHER, -1);

  /** Edges that wait. */
  get pending(): number {
    return this.#queue.length;
  }

  edge(labels: EdgeLabels): EdgeDelta {
    const { direction, protocol, service, source, destination, mtls, route } = labels;
    return new EdgeDelta({ direction, protocol, service, source: peerLabel(source), destination: peerLabel(destination), mtls, route });
  }

  /** Counts one exchange at its edge and outcome, as {@link edge} and {@link EdgeDelta.outcome} gave them. */
  count(edge: EdgeDelta, outcome: OutcomeDelta, durationUs: number, requestBytes: number, responseBytes: number): void {
    if (edge.count === 0) {
      if (this.#queue.length >= MAX_PENDING) {
        this.#countTogether(durationUs, requestBytes, responseBytes);
        return;
      }
      this.#queue.push(edge);
    }
    edge.record(durationUs, requestBytes, responseBytes);
    outcome.count += 1;
  }

  /** Takes edges out, oldest first, until they make `maxPoints` data points. Whoever takes one clears it before counting goes on. */
  take(maxEdges: number, maxPoints: number): EdgeDelta[] {
    let points = 0;
    let taken = 0;
    while (taken < this.#queue.length && taken < maxEdges && points < maxPoints) {
      points += 3 + (this.#queue[taken] as EdgeDelta).outcomes.length;
      taken += 1;
    }
    return this.#queue.splice(0, taken);
  }

  /** Forgets everything; gives how many exchanges that were. */
  discard(): number {
    let exchanges = 0;
    for (const edge of this.#queue.splice(0)) {
      exchanges += edge.count;
      edge.clear();
    }
    return exchanges;
  }

  #countTogether(durationUs: number, requestBytes: number, responseBytes: number): void {
    // One over the limit, once.
    if (this.#rest.count === 0) this.#queue.push(this.#rest);
    this.#rest.record(durationUs, requestBytes, responseBytes);
    this.#restOutcome.count += 1;
  }
}

/** Names of the mesh hold a slash; addresses do not. */
export function peerLabel(peer: string): string {
  return peer === "" || peer.includes("/") ? peer : OUTSIDE;
}
