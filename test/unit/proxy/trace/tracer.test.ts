import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../../src/lib/random.ts";
import { Tracer } from "../../../../src/proxy/trace/tracer.ts";

const REQUESTS = 200_000;

function begun(tracer: Tracer): number {
  let count = 0;
  for (let index = 0; index < REQUESTS; index += 1) if (tracer.begins()) count += 1;
  return count;
}

for (const [perMillion, seed] of [
  [10_000, 1],
  [10_000, 2],
  [500_000, 3],
  [990_000, 4],
  [100, 5],
] as const) {
  test(`${perMillion} of a million begin a trace`, () => {
    const share = perMillion / 1_000_000;
    const count = begun(new Tracer(seededRandom(seed), perMillion));
    assert.ok(Math.abs(count / REQUESTS - share) <= 4 * Math.sqrt((share * (1 - share)) / REQUESTS), String(count));
  });
}

test("whether one begins says nothing of the next", () => {
  const tracer = new Tracer(seededRandom(6), 500_000);
  let pairs = 0;
  let before = false;
  for (let index = 0; index < REQUESTS; index += 1) {
    const now = tracer.begins();
    if (before && now) pairs += 1;
    before = now;
  }
  assert.ok(Math.abs(pairs / REQUESTS - 0.25) < 0.01, String(pairs));
});

test("none, all, and one in a hundred when nothing is said", () => {
  assert.equal(begun(new Tracer(seededRandom(1), 0)), 0);
  assert.equal(begun(new Tracer(seededRandom(1), 1_000_000)), REQUESTS);
  assert.equal(new Tracer(seededRandom(1)).perMillion, 10_000);
});

test("a new rate holds from the next request on, however rare traces were", () => {
  const tracer = new Tracer(seededRandom(1), 1);
  assert.equal(tracer.begins(), false);
  tracer.setRate(1_000_000);
  assert.equal(tracer.begins(), true);
  tracer.setRate(0);
  assert.equal(tracer.begins(), false);
});

test("ids are never all zero", () => {
  const tracer = new Tracer(() => 0);
  assert.match(tracer.traceId(), /^0{31}1$/);
  assert.match(tracer.spanId(), /^0{15}1$/);
});
