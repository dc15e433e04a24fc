import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatAge } from "../../../src/lib/age.ts";
import { formatDuration, parseDurationMs } from "../../../src/lib/duration.ts";

const PARSED: readonly [string, number | null][] = [
  ["0s", 0],
  ["200ms", 200],
  ["10m", 600_000],
  ["1h", 3_600_000],
  ["1h30m", 5_400_000],
  ["1h2m3s4ms", 3_723_004],
  ["99999h", 359_996_400_000],
  ["1m1m", 120_000],
  ["", null],
  ["10", null],
  ["1.5h", null],
  ["-1s", null],
  ["1d", null],
  ["1 s", null],
  ["100000s", null],
  ["1s1s1s1s1s", null],
  ["s", null],
  ["1S", null],
];

for (const [text, ms] of PARSED) {
  test(`duration '${text}' is ${ms}`, () => assert.equal(parseDurationMs(text), ms));
}

test("formatting is the inverse of parsing", () => {
  assert.equal(formatDuration(0), "0s");
  assert.equal(formatDuration(-5), "0s");
  assert.equal(formatDuration(5_400_000), "1h30m");
  fc.assert(fc.property(fc.integer({ min: 0, max: 359_996_400_000 }), (ms) => parseDurationMs(formatDuration(ms)) === ms));
});

test("ages read like kubectl's", () => {
  const minute = 60_000;
  const shown = [-1, 0, 119_999, 2 * minute, 125_000, 11 * minute, 4 * 60 * minute, 245 * minute, 9 * 60 * minute, 50 * 60 * minute];
  assert.deepEqual(shown.map(formatAge), ["0s", "0s", "119s", "2m", "2m5s", "11m", "4h", "4h5m", "9h", "2d2h"]);
  assert.equal(formatAge(20 * 24 * 60 * minute), "20d");
  assert.equal(formatAge(800 * 24 * 60 * minute), "2y70d");
});
