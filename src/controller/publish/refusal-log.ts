import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../telemetry/log.ts";

const INTERVAL_MS = 5_000;

/** Says that somebody was refused at the discovery port, without letting a stranger fill the disk: one line an interval, with a count. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  #lastMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  add(address: string, reason: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs < INTERVAL_MS) {
      this.#unsaid += 1;
      return;
    }
    this.#lastMs = nowMs;
    this.#log.warn("discovery connection refused", { peer: address, reason, ...(this.#unsaid > 0 ? { othersSince: this.#unsaid } : {}) });
    this.#unsaid = 0;
  }
}
