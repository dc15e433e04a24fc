import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, type Sample } from "../../support/soak/steady.ts";

const run = (at: (index: number) => Sample): readonly Sample[] => Array.from({ length: 50 }, (_, index) => at(index));

test("a run that warms up in its first fifth and then stays is steady", () => {
  const { memory, descriptors } = judge(run((index) => ({ residentBytes: index < 10 ? index * 10 : 100, descriptors: 20 + (index % 3) })));
  assert.deepEqual(memory, { second: 100, last: 100, steady: true });
  assert.deepEqual(descriptors, { second: 21, last: 21, steady: true });
});

test("memory that creeps by more than a tenth is not", () => {
  assert.equal(judge(run((index) => ({ residentBytes: 100 + index * 0.2, descriptors: 0 }))).memory.steady, true);
  assert.equal(judge(run((index) => ({ residentBytes: 100 + index * 0.4, descriptors: 0 }))).memory.steady, false);
});

test("descriptors that leak, or vanish, are not", () => {
  assert.equal(judge(run((index) => ({ residentBytes: 1, descriptors: index > 39 ? 26 : 20 }))).descriptors.steady, false);
  assert.equal(judge(run((index) => ({ residentBytes: 1, descriptors: index > 39 ? 14 : 20 }))).descriptors.steady, false);
});

test("one peak is no trend", () => {
  const { memory } = judge(run((index) => ({ residentBytes: index === 45 ? 10_000 : 100, descriptors: 20 })));
  assert.equal(memory.steady, true);
});

test("too few samples to say anything", () => assert.throws(() => judge([])));
