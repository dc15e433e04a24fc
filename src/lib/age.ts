const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The way tables show ages and remaining lifetimes, kubectl's: two units while the first is small, then one. */
export function formatAge(ageMs: number): string {
  const ms = Math.max(0, ageMs);
  if (ms < 2 * MINUTE_MS) return `${Math.floor(ms / SECOND_MS)}s`;
  if (ms < 10 * MINUTE_MS) return pair(ms, MINUTE_MS, "m", SECOND_MS, "s");
  if (ms < 3 * HOUR_MS) return `${Math.floor(ms / MINUTE_MS)}m`;
  if (ms < 8 * HOUR_MS) return pair(ms, HOUR_MS, "h", MINUTE_MS, "m");
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)}h`;
  if (ms < 8 * DAY_MS) return pair(ms, DAY_MS, "d", HOUR_MS, "h");
  if (ms < 2 * 365 * DAY_MS) return `${Math.floor(ms / DAY_MS)}d`;
  return pair(ms, 365 * DAY_MS, "y", DAY_MS, "d");
}

function pair(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)}${large}${rest > 0 ? `${rest}${small}` : ""}`;
}
