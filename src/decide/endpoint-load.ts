import type { Endpoint } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { EndpointState } from "./contract.ts";

/** A cost estimate loses 63 % of its distance to the present in this time. */
const DECAY_MS = 10_000;
/** Cost of one request under way to an endpoint that has not answered yet. */
const DEFAULT_RTT_MS = 30;
/** So many first answers are averaged: a cold connection says little about an endpoint. */
const WARM_UP_ANSWERS = 10;
/** One slow answer raises the estimate at most so much, so that one pause does not starve an endpoint. */
const MAX_RISE = 4;
/** A failure costs at least this, and more each time, up to the limit: failing fast must not look like answering fast. */
const FAILURE_FLOOR_MS = 100;
const FAILURE_LIMIT_MS = 1_000;

/**
 * What one endpoint costs: peak-EWMA of its answer time. A rise counts at once, a fall with time, also
 * while nothing is sent there, so that an endpoint that was slow is tried again.
 */
export class EndpointLoad implements EndpointState {
  endpoint: Endpoint;
  inFlight = 0;
  /** Relative to the mean weight of its set. */
  weight = 1;
  #costMs = 0;
  #answers = 0;
  #updatedMs: number;

  constructor(endpoint: Endpoint, nowMs: number) {
    this.endpoint = endpoint;
    this.#updatedMs = nowMs;
  }

  /** Expected wait of one more request, in no particular unit. 0 for an endpoint that waits to be tried. */
  load(nowMs: number): number {
    if (this.#answers === 0) return this.inFlight === 0 ? 0 : DEFAULT_RTT_MS * (1 + this.inFlight / this.weight);
    return this.#costAt(nowMs) * (1 + this.inFlight / this.weight);
  }

  observe(nowMs: number, rttMs: number, failed: boolean): void {
    const costMs = this.#costAt(nowMs);
    this.#costMs = failed ? failureCost(costMs, rttMs) : this.#answerCost(costMs, rttMs, nowMs);
    this.#answers += 1;
    this.#updatedMs = nowMs;
  }

  #answerCost(costMs: number, rttMs: number, nowMs: number): number {
    if (this.#answers < WARM_UP_ANSWERS) return (this.#costMs * this.#answers + rttMs) / (this.#answers + 1);
    if (rttMs > costMs) return Math.min(rttMs, costMs * MAX_RISE + 1);
    return costMs + rttMs * (1 - this.#keptAt(nowMs));
  }

  #costAt(nowMs: number): number {
    return this.#costMs * this.#keptAt(nowMs);
  }

  #keptAt(nowMs: number): number {
    const elapsedMs = nowMs - this.#updatedMs;
    return elapsedMs <= 0 ? 1 : Math.exp(-elapsedMs / DECAY_MS);
  }
}

function failureCost(costMs: number, rttMs: number): number {
  return Math.max(costMs, rttMs, Math.min(FAILURE_LIMIT_MS, Math.max(FAILURE_FLOOR_MS, costMs * MAX_RISE)));
}
