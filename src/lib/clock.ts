/** Time as an argument: production code gets {@link systemClock}, tests a paused one. */
export interface Clock {
  /** Wall-clock Unix time, milliseconds. */
  nowMs(): number;
  /** Monotonic time, milliseconds with fraction; only differences mean something. */
  monotonicMs(): number;
  /** Wall-clock time at the zero of {@link monotonicMs} as of the process's start, with fraction; absent: not known. */
  readonly originMs?: number;
  /** Runs `callback` once after `delayMs`; does not keep the process alive by itself when `unref` is set. */
  setTimer(callback: () => void, delayMs: number, options?: { unref?: boolean }): Timer;
}

/** A pending call of {@link Clock.setTimer}. */
export interface Timer {
  cancel(): void;
}

/** The machine's clocks. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  originMs: performance.timeOrigin,
  setTimer(callback: () => void, delayMs: number, options?: { unref?: boolean }): Timer {
    const handle = setTimeout(callback, delayMs);
    if (options?.unref) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
});

/** Resolves after `delayMs` on `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(resolve, delayMs));
}
