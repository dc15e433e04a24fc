import { type Clock, sleep } from "./clock.ts";

export interface WaitOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Between two looks; 50 when absent. */
  readonly everyMs?: number;
}

/**
 * Looks until `look` gives something other than null, undefined or false, and resolves with it; resolves
 * with null at the deadline. Always looks at least once, and once more when the deadline is reached.
 */
export async function waitFor<T>(look: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T> | null> {
  const { clock, timeoutMs, everyMs = 50 } = options;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= 0) return null;
    await sleep(clock, Math.min(everyMs, leftMs));
  }
}
