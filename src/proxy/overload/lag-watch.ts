import type { Clock, Timer } from "../../lib/clock.ts";

/**
 * How late the event loop is: a timer that comes late has waited for the same work as every request that was
 * ready meanwhile. One timer for the process, so the price does not grow with traffic.
 */
export class LagWatch {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #sample: (lagMs: number, busy: number) => void;
  readonly #cpuMs: () => number;
  #timer: Timer | null = null;
  #dueMs = 0;
  #armedMs = 0;
  #armedCpuMs = 0;

  /**
   * `sample` gets each measurement: milliseconds, and how many cores this process used meanwhile. `cpuMs`: CPU time it
   * has used so far.
   */
  constructor(clock: Clock, intervalMs: number, sample: (lagMs: number, busy: number) => void, cpuMs: () => number = processCpuMs) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#sample = sample;
    this.#cpuMs = cpuMs;
  }

  start(): void {
    this.#armedCpuMs = this.#cpuMs();
    this.#arm(this.#clock.monotonicMs());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(nowMs: number): void {
    this.#armedMs = nowMs;
    this.#dueMs = nowMs + this.#intervalMs;
    this.#timer = this.#clock.setTimer(this.#tick, this.#intervalMs, { unref: true });
  }

  readonly #tick = (): void => {
    const nowMs = this.#clock.monotonicMs();
    const cpuMs = this.#cpuMs();
    const lagMs = Math.max(0, nowMs - this.#dueMs);
    const busy = (cpuMs - this.#armedCpuMs) / Math.max(1, nowMs - this.#armedMs);
    this.#armedCpuMs = cpuMs;
    this.#arm(nowMs);
    this.#sample(lagMs, busy);
  };
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
