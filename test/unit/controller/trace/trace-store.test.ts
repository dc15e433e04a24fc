import assert from "node:assert/strict";
import { test } from "node:test";
import { TraceStore } from "../../../../src/controller/trace/trace-store.ts";
import { PausedClock } from "../../../support/paused-clock.ts";
import { id, stored } from "./spans.ts";

const LIMITS = { maxTraces: 3, maxSpansPerTrace: 4, maxBytes: 1_000_000 };

function ids(store: TraceStore): number[] {
  return [...store.newest()].map((trace) => Number.parseInt(trace.id, 16));
}

test("spans of one trace stand together, whenever they come; one that comes twice stands there once", () => {
  const store = new TraceStore(new PausedClock(0), LIMITS);
  store.add(stored(1, 1));
  store.add(stored(2, 1));
  store.add(stored(1, 2, { parentSpanId: id(1) }));
  store.add(stored(1, 2, { parentSpanId: id(1) }));
  assert.deepEqual(
    store.get(id(1, 32))?.spans.map(({ spanId }) => spanId),
    [id(1), id(2)],
  );
  assert.deepEqual([store.size, store.spans], [2, 3]);
});

test("the oldest trace goes first, even when a late span came to it", () => {
  const store = new TraceStore(new PausedClock(0), LIMITS);
  for (const trace of [1, 2, 3]) store.add(stored(trace, 1));
  store.add(stored(1, 2));
  store.add(stored(4, 1));
  assert.deepEqual(ids(store), [4, 3, 2]);
  assert.deepEqual([store.evicted, store.spans], [1, 3]);
  const before = store.bytes;
  store.add(stored(5, 1));
  assert.equal(store.bytes, before);
});

test("a trace without end keeps its first spans", () => {
  const store = new TraceStore(new PausedClock(0), LIMITS);
  for (let span = 1; span <= 10; span += 1) store.add(stored(1, span));
  assert.equal(store.get(id(1, 32))?.spans.length, 4);
  assert.equal(store.overflowed, 6);
});

test("bytes are bounded by letting traces go", () => {
  const store = new TraceStore(new PausedClock(0), { maxTraces: 1_000, maxSpansPerTrace: 10, maxBytes: 20_000 });
  for (let trace = 1; trace <= 100; trace += 1) store.add(stored(trace, 1, { path: `/${"x".repeat(1_000)}` }));
  assert.ok(store.bytes <= 20_000, String(store.bytes));
  assert.ok(store.size >= 5 && store.size < 20, String(store.size));
  assert.equal(ids(store)[0], 100);
  assert.equal(store.size + store.evicted, 100);
});

test("what begins so, up to a limit", () => {
  const store = new TraceStore(new PausedClock(0), LIMITS);
  store.add(stored(1, 1, { traceId: `ab${"1".repeat(30)}` }));
  store.add(stored(1, 1, { traceId: `ab${"2".repeat(30)}` }));
  store.add(stored(1, 1, { traceId: `b${"2".repeat(31)}` }));
  assert.equal(store.startingWith("ab", 5).length, 2);
  assert.equal(store.startingWith("ab", 1).length, 1);
  assert.equal(store.startingWith("ab2", 5).length, 1);
  assert.equal(store.startingWith("c", 5).length, 0);
});
