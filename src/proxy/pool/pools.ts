import type { EndpointState } from "../../decide/contract.ts";
import { EndpointPool, type PoolOptions } from "./endpoint-pool.ts";

/**
 * Breaker defaults of one endpoint (design section 13), and how long connections may be idle. Node's servers keep
 * theirs for 5 s, our proxies for 60 s: whoever sends must be the first to let go.
 */
export const POOL_DEFAULTS = Object.freeze({
  maxConnections: 1_024,
  maxChannels: 8,
  maxPending: 1_024,
  idleMs: 4_000,
  meshIdleMs: 55_000,
  leaveMs: 60_000,
});

/** One pool per endpoint and plaintext protocol, made on first use and dropped when it holds nothing. */
export class Pools {
  readonly #options: PoolOptions;
  readonly #pools = new Map<EndpointState, EndpointPool>();
  /** Plaintext endpoints spoken to in HTTP/2. */
  readonly #http2 = new Map<EndpointState, EndpointPool>();
  readonly #emptied = (pool: EndpointPool) => {
    for (const pools of [this.#pools, this.#http2]) if (pools.get(pool.state) === pool) pools.delete(pool.state);
  };

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** `http2`: by prior knowledge, where the endpoint is plaintext. */
  of(state: EndpointState, http2: boolean): EndpointPool {
    const plainHttp2 = http2 && state.endpoint.identity === "";
    const pools = plainHttp2 ? this.#http2 : this.#pools;
    let pool = pools.get(state);
    if (pool === undefined) {
      pool = new EndpointPool(state, plainHttp2, this.#options, this.#emptied);
      pools.set(state, pool);
    }
    return pool;
  }

  /** The endpoint is gone: no new request will ask for it. */
  retire(state: EndpointState): void {
    for (const pools of [this.#pools, this.#http2]) {
      pools.get(state)?.close();
      pools.delete(state);
    }
  }

  get openConnections(): number {
    let count = 0;
    for (const pools of [this.#pools, this.#http2]) for (const pool of pools.values()) count += pool.openConnections;
    return count;
  }

  close(): void {
    for (const pools of [this.#pools, this.#http2]) {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    }
  }
}
