import type { Clock, Timer } from "../../lib/clock.ts";

/**
 * How late the event loop is: a timer that comes late has waited for the same work as every request that was
 * ready meanwhile. One timer for the process, so the price does not grow with traffic.
 */
export class LagWatch {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #sample: (lagMs: number) => void;
  #timer: Timer | null = null;
  #dueMs = 0;

  /** `sample` gets each measurement, milliseconds. */
  constructor(clock: Clock, intervalMs: number, sample: (lagMs: number) => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#sample = sample;
  }

  start(): void {
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#dueMs = this.#clock.monotonicMs() + this.#intervalMs;
    this.#timer = this.#clock.setTimer(this.#tick, this.#intervalMs, { unref: true });
  }

  readonly #tick = (): void => {
    const lagMs = Math.max(0, this.#clock.monotonicMs() - this.#dueMs);
    this.#arm();
    this.#sample(lagMs);
  };
}
