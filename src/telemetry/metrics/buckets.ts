/**
 * Log-linear buckets: each power of two is cut into four, so a value is known to within a quarter from
 * 0 to 2³¹−1, and finding its bucket takes a few instructions on integers.
 */

/** 0–3 have a bucket each, then four for each exponent 2–30. */
export const BUCKET_COUNT = 4 + 29 * 4;

const MAX_VALUE = 0x7fffffff;

/** Bucket of a value; fractions are cut off, what is out of range counts in the nearest bucket. */
export function bucketOf(value: number): number {
  const whole = value >= MAX_VALUE ? MAX_VALUE : value > 0 ? value | 0 : 0;
  if (whole < 4) return whole;
  const exponent = 31 - Math.clz32(whole);
  return (exponent - 1) * 4 + ((whole >>> (exponent - 2)) & 3);
}

/** Least value of a bucket. */
export function bucketFloor(bucket: number): number {
  if (bucket < 4) return bucket;
  const exponent = (bucket >>> 2) + 1;
  return (4 + (bucket & 3)) * 2 ** (exponent - 2);
}

/** One more than the greatest whole value of a bucket. */
export function bucketCeiling(bucket: number): number {
  return bucket + 1 < BUCKET_COUNT ? bucketFloor(bucket + 1) : MAX_VALUE + 1;
}
