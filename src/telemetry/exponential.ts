/**
 * Exponential histograms (OpenTelemetry data model, scale 5): bucket `i` holds values over 2^(i/32) up to
 * 2^((i+1)/32). A value told by the middle of its bucket is off by 2^(1/64)−1, under 1.1 %, at most.
 */

export const SCALE = 5;
const PER_OCTAVE = 2 ** SCALE;
/** Values over 2³¹ count in the last bucket: 35 minutes in microseconds. */
export const BUCKETS = 31 * PER_OCTAVE;

/** Bucket of a value over 1; 1 and less are in bucket 0 or, at 0, in none. */
export function exponentialBucket(value: number): number {
  const index = Math.ceil(Math.log2(value) * PER_OCTAVE) - 1;
  return index < 0 ? 0 : index < BUCKETS ? index : BUCKETS - 1;
}

/** What stands for all values of a bucket: its geometric middle. */
export function bucketMiddle(index: number): number {
  return 2 ** ((index + 0.5) / PER_OCTAVE);
}

/** Counts of the buckets `offset`, `offset + 1`, …, and of values that were 0. */
export interface Exponential {
  readonly offset: number;
  readonly counts: Readonly<ArrayLike<number>>;
  readonly zeros: number;
}

/** Both together. */
export function addExponential(a: Exponential | null, b: Exponential): Exponential {
  if (a === null || a.counts.length === 0) return { ...b, zeros: b.zeros + (a?.zeros ?? 0) };
  if (b.counts.length === 0) return { ...a, zeros: a.zeros + b.zeros };
  const offset = Math.min(a.offset, b.offset);
  const counts = new Float64Array(Math.max(a.offset + a.counts.length, b.offset + b.counts.length) - offset);
  for (const { offset: start, counts: some } of [a, b]) {
    for (let index = 0; index < some.length; index += 1) (counts[start - offset + index] as number) += some[index] as number;
  }
  return { offset, counts, zeros: a.zeros + b.zeros };
}

/** The value that a share `quantile` (0–1) of all does not exceed (nearest rank), within 1.1 %; null when there is none. */
export function exponentialQuantile({ offset, counts, zeros }: Exponential, quantile: number): number | null {
  let total = zeros;
  for (let index = 0; index < counts.length; index += 1) total += counts[index] as number;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(quantile * total));
  let seen = zeros;
  if (seen >= rank) return 0;
  for (let index = 0; index < counts.length; index += 1) {
    seen += counts[index] as number;
    if (seen >= rank) return bucketMiddle(offset + index);
  }
  return bucketMiddle(offset + counts.length - 1);
}
