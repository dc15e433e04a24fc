import type { EndpointState } from "../../decide/contract.ts";
import { type EndpointPool, FULL, type Waiter } from "../pool/endpoint-pool.ts";
import { type NextTry, nextTryAfterLoss } from "../resilience/safe-tries.ts";
import { isIdempotent } from "../http1/codec/methods.ts";
import { LOST_CLOSED, type LossKind, type Upstream } from "./upstream.ts";

/** Who hears about the beginning and the end of each try: the balancer, by way of the direction. */
export interface TryObserver {
  tryBegan(state: EndpointState, nowMs: number): void;
  tryEnded(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void;
}

/** What one request has tried so far, and what it is waiting for. */
export class Tries {
  /** Endpoints asked, in order. */
  readonly tried: EndpointState[] = [];
  /** The one asked last. */
  endpoint: EndpointState | null = null;
  readonly #observer: TryObserver;
  #waitingFor: EndpointPool | null = null;
  /** Between the beginning and the end of a try. */
  #open = false;
  /** When it began, dialling included: a slow accept is a slow endpoint. */
  #sinceMs = 0;
  /** Sent again on a new connection once. */
  #repeated = false;

  constructor(observer: TryObserver) {
    this.#observer = observer;
  }

  reset(): void {
    this.tried.length = 0;
    this.endpoint = null;
    this.#repeated = false;
  }

  /** `again`: the same endpoint, on a connection of its own. */
  begin(state: EndpointState, again: boolean, nowMs: number): void {
    this.endpoint = state;
    if (again) this.#repeated = true;
    else this.tried.push(state);
    this.#open = true;
    this.#sinceMs = nowMs;
    this.#observer.tryBegan(state, nowMs);
  }

  /** Told once for each try. One that was given up took at least as long as it lasted. */
  end(nowMs: number, failed: boolean): void {
    if (!this.#open || this.endpoint === null) return;
    this.#open = false;
    this.#observer.tryEnded(this.endpoint, nowMs, nowMs - this.#sinceMs, failed);
  }

  /** False: the pool takes no more. */
  waitFor(pool: EndpointPool, waiter: Waiter): boolean {
    this.#waitingFor = pool;
    if (pool.open(waiter) !== FULL) return true;
    this.#waitingFor = null;
    return false;
  }

  /** The pool has answered. */
  waited(): void {
    this.#waitingFor = null;
  }

  stopWaiting(waiter: Waiter): void {
    this.#waitingFor?.forget(waiter);
    this.#waitingFor = null;
  }

  /** After an upstream was lost before any byte of an answer. `refused`: by a reset of this request. `hasAnother`: an endpoint that was not asked yet. */
  nextAfterLoss(
    upstream: Upstream,
    refused: boolean,
    replayable: boolean,
    method: string,
    bodySent: boolean,
    hasAnother: boolean,
  ): NextTry {
    return nextTryAfterLoss({
      replayable,
      refused,
      unprocessed: upstream.unprocessed,
      reused: upstream.reused,
      idempotent: isIdempotent(method),
      bodySent,
      repeated: this.#repeated,
      endpointsTried: this.tried.length,
      hasAnother,
    });
  }
}

/** A mesh connection that was never up: the other side did not accept us. */
export function refusedUs(kind: LossKind, upstream: Upstream): boolean {
  return kind === LOST_CLOSED && upstream.transport.mtls && !upstream.reused;
}
