import type { Clock } from "../../lib/clock.ts";

/**
 * Wall-clock instants finer than the millisecond the wall clock is read in, so that a span of 300 µs stands
 * inside its parent. The monotonic clock is fine; how far it is from the wall clock is known from the process's
 * start where the clock says so, each reading of both narrows it down, and one that contradicts (the wall clock
 * was set) moves it.
 */
export class FineStart {
  readonly #clock: Clock;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.originMs ?? Number.NaN;
  }

  /** Unix milliseconds with fraction of what began in the whole millisecond `startUnixMs` and took `durationMs` until now. */
  of(startUnixMs: number, durationMs: number): number {
    const monotonic = this.#clock.monotonicMs() - durationMs;
    const least = startUnixMs - monotonic;
    if (!(this.#offsetMs >= least)) this.#offsetMs = least;
    else if (this.#offsetMs > least + WITHIN_MS) this.#offsetMs = least + WITHIN_MS;
    return monotonic + this.#offsetMs;
  }
}

const WITHIN_MS = 0.999;
