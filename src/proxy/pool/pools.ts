import type { EndpointState } from "../../decide/contract.ts";
import { EndpointPool, type PoolOptions } from "./endpoint-pool.ts";

/**
 * Breaker defaults of one endpoint (design section 13), and how long connections may be idle. Node's servers keep
 * theirs for 5 s, our proxies for 60 s: whoever sends must be the first to let go.
 */
export const POOL_DEFAULTS = Object.freeze({ maxConnections: 1_024, maxPending: 1_024, idleMs: 4_000, meshIdleMs: 55_000 });

/** One pool per endpoint, made on first use and dropped when it holds nothing. */
export class Pools {
  readonly #options: PoolOptions;
  readonly #pools = new Map<EndpointState, EndpointPool>();
  readonly #emptied = (pool: EndpointPool) => {
    if (this.#pools.get(pool.state) === pool) this.#pools.delete(pool.state);
  };

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  of(state: EndpointState): EndpointPool {
    let pool = this.#pools.get(state);
    if (pool === undefined) {
      pool = new EndpointPool(state, this.#options, this.#emptied);
      this.#pools.set(state, pool);
    }
    return pool;
  }

  /** The endpoint is gone: no new request will ask for it. */
  retire(state: EndpointState): void {
    this.#pools.get(state)?.close();
    this.#pools.delete(state);
  }

  get openConnections(): number {
    let count = 0;
    for (const pool of this.#pools.values()) count += pool.openConnections;
    return count;
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }
}
