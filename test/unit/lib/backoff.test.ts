import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../../src/lib/backoff.ts";

test("delays double up to the limit and start over after a success", () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 500 }, () => 0.9999999);
  assert.deepEqual([backoff.nextMs(), backoff.nextMs(), backoff.nextMs(), backoff.nextMs()], [100, 200, 400, 500]);
  backoff.reset();
  assert.equal(backoff.nextMs(), 100);
});

test("jitter never goes under half", () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 500, factor: 3 }, () => 0);
  assert.deepEqual([backoff.nextMs(), backoff.nextMs(), backoff.nextMs()], [50, 150, 250]);
});
