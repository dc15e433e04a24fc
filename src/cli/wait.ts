import type { Clock } from "../lib/clock.ts";

/** Waits `delayMs`, or until `signal` aborts; true when it did. */
export function sleepUnless(signal: AbortSignal, clock: Clock, delayMs: number): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = clock.setTimer(() => {
      signal.removeEventListener("abort", stop);
      resolve(false);
    }, delayMs);
    const stop = (): void => {
      timer.cancel();
      resolve(true);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
