import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  addExponential,
  BUCKETS,
  exponentialBucket,
  bucketMiddle,
  type Exponential,
  exponentialQuantile,
} from "../../../src/telemetry/exponential.ts";

const BOUND = 2 ** (1 / 64) - 1 + 1e-9;

function histogram(values: readonly number[]): Exponential {
  const counts = new Float64Array(BUCKETS);
  for (const value of values) if (value > 0) (counts[exponentialBucket(value)] as number) += 1;
  return { offset: 0, counts, zeros: values.filter((value) => value === 0).length };
}

function nearestRank(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] as number;
}

test("every percentile is within 1.1 % of the exact one", () => {
  const values = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1, max: 2e9, noNaN: true }), fc.integer({ min: 1, max: 4_000 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(values, fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 0.999, 1), (all, quantile) => {
      const exact = nearestRank(all, quantile);
      const told = exponentialQuantile(histogram(all), quantile) as number;
      assert.ok(Math.abs(told - exact) <= exact * BOUND, `${told} for ${exact}`);
    }),
  );
});

test("what is added up is what was counted together, wherever the buckets begin", () => {
  const some = fc.array(fc.integer({ min: 0, max: 100_000 }));
  fc.assert(
    fc.property(some, some, (left, right) => {
      const trimmed = (values: readonly number[]): Exponential => {
        const { counts, zeros } = histogram(values);
        const used = [...(counts as Float64Array).entries()].filter(([, count]) => count > 0).map(([index]) => index);
        const offset = used[0] ?? 0;
        return { offset, counts: (counts as Float64Array).slice(offset, (used.at(-1) ?? -1) + 1), zeros };
      };
      const both = addExponential(addExponential(null, trimmed(left)), trimmed(right));
      for (const quantile of [0.01, 0.5, 1]) {
        assert.equal(exponentialQuantile(both, quantile), exponentialQuantile(histogram([...left, ...right]), quantile));
      }
    }),
  );
});

test("nothing has no percentile; the ends of the range hold", () => {
  assert.equal(exponentialQuantile({ offset: 0, counts: [], zeros: 0 }, 0.5), null);
  assert.equal(exponentialQuantile({ offset: 0, counts: [], zeros: 3 }, 0.99), 0);
  for (const [value, bucket] of [
    [0.001, 0],
    [1, 0],
    [2, 31],
    [2.1, 34],
    [2 ** 31, BUCKETS - 1],
    [1e300, BUCKETS - 1],
  ] as const) {
    assert.equal(exponentialBucket(value), bucket, String(value));
  }
  assert.ok(bucketMiddle(0) > 1);
});
