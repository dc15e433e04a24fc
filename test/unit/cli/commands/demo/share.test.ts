import assert from "node:assert/strict";
import { test } from "node:test";
import { formatShare, isWithin, tolerance } from "../../../../../src/cli/commands/demo/share.ts";

test("a share is judged by four standard deviations", () => {
  const share = { label: "v2", count: 200, total: 2_000, expected: 0.1 };
  assert.ok(Math.abs(tolerance(share) - 0.0268) < 0.0001);
  assert.equal(isWithin(share), true);
  assert.equal(isWithin({ ...share, count: 253 }), true);
  assert.equal(isWithin({ ...share, count: 254 }), false);
  assert.equal(isWithin({ ...share, count: 146 }), false);
  assert.equal(formatShare(share), "v2: 200 of 2000 = 10.0 %, expected 10.0 % ± 2.7 %");
});

test("certainties allow nothing, and no measurement is no proof", () => {
  assert.equal(isWithin({ label: "", count: 100, total: 100, expected: 1 }), true);
  assert.equal(isWithin({ label: "", count: 99, total: 100, expected: 1 }), false);
  assert.equal(isWithin({ label: "", count: 0, total: 0, expected: 0 }), false);
});
