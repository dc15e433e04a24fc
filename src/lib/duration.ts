/** Gateway API durations (GEP-2257): up to four numbers of at most five digits, each with its unit. */
const DURATION = /^(?:[0-9]{1,5}(?:h|ms|m|s)){1,4}$/;
const PART = /([0-9]+)(h|ms|m|s)/g;
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** `200ms`, `10m`, `1h30m` → milliseconds; null when it is not a duration. A bare number has no unit and is refused. */
export function parseDurationMs(text: string): number | null {
  if (!DURATION.test(text)) return null;
  let totalMs = 0;
  for (const [, digits, unit] of text.matchAll(PART)) totalMs += Number(digits) * (UNIT_MS[unit ?? ""] ?? 0);
  return totalMs;
}

/** Milliseconds → the shortest GEP-2257 text: `1h30m`, `200ms`, `0s`. Negative values and fractions become the nearest whole ≥ 0. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.max(0, Math.round(durationMs));
  if (restMs === 0) return "0s";
  let text = "";
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(restMs / unitMs);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * unitMs;
  }
  return text;
}
