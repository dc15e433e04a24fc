import { type Clock, sleep } from "../lib/clock.ts";

export interface WaitOptions {
  readonly limitMs: number;
  /** Time between two looks; 25 ms when absent. */
  readonly everyMs?: number;
}

/** Looks until `condition` gives something other than null, undefined or false; null when the limit passes first. */
export async function waitUntil<T>(
  clock: Clock,
  condition: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  { limitMs, everyMs = 25 }: WaitOptions,
): Promise<T | null> {
  const limit = clock.monotonicMs() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== null && value !== undefined && value !== false) return value;
    if (clock.monotonicMs() >= limit) return null;
    await sleep(clock, everyMs);
  }
}

/** What `work` gives, or null when it takes longer than `limitMs`; it goes on then, and nobody hears how it ended. */
export async function within<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T | null> {
  let late: () => void = () => {};
  const limit = new Promise<null>((resolve) => {
    late = () => resolve(null);
  });
  const timer = clock.setTimer(late, limitMs);
  try {
    return await Promise.race([work, limit]);
  } finally {
    timer.cancel();
  }
}
