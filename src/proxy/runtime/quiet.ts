import type { Clock } from "../../lib/clock.ts";

export interface QuietOptions {
  readonly clock: Clock;
  /** Grows with each call that ends. */
  ended(): number;
  /** Calls under way. */
  active(): number;
  /** Nothing new for this long is quiet. */
  readonly quietMs: number;
  /** Not waited for any longer than this. */
  readonly limitMs: number;
}

const LOOK_MS = 25;

/**
 * Waits until callers have stopped coming. They learn a moment later than we do that an instance goes:
 * whoever closes its door at once turns their calls away.
 */
export function waitForQuiet(options: QuietOptions, done: () => void): void {
  const { clock, quietMs, limitMs } = options;
  const startMs = clock.monotonicMs();
  let lastMs = startMs;
  let seen = options.ended();
  const look = (): void => {
    const nowMs = clock.monotonicMs();
    const ended = options.ended();
    if (ended !== seen || options.active() > 0) lastMs = nowMs;
    seen = ended;
    if (nowMs - lastMs >= quietMs || nowMs - startMs >= limitMs) done();
    else clock.setTimer(look, LOOK_MS, { unref: true });
  };
  look();
}
