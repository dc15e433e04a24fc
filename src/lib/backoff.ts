import type { Random } from "./random.ts";

export interface BackoffOptions {
  /** Upper end of the first delay. */
  readonly initialMs: number;
  /** No delay is longer. */
  readonly maxMs: number;
  /** Growth from one try to the next; 2 when absent. */
  readonly factor?: number;
}

/**
 * Exponential back-off with jitter: the n-th delay lies between half and all of `initialMs · factorⁿ`,
 * so that many clients that failed together do not come back together.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #ceilingMs: number;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#ceilingMs = Math.min(options.initialMs, options.maxMs);
  }

  /** How long to wait before the next try, in whole milliseconds. */
  nextMs(): number {
    const ceilingMs = this.#ceilingMs;
    this.#ceilingMs = Math.min(ceilingMs * (this.#options.factor ?? 2), this.#options.maxMs);
    return Math.round(ceilingMs * (0.5 + 0.5 * this.#random()));
  }

  /** After a success: the next failure starts from the beginning. */
  reset(): void {
    this.#ceilingMs = Math.min(this.#options.initialMs, this.#options.maxMs);
  }
}
