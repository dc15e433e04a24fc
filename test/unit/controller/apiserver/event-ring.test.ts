import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreEvent } from "../../../../src/controller/apiserver/store/contract.ts";
import { EventRing } from "../../../../src/controller/apiserver/store/event-ring.ts";

function event(revision: number, size = 1): StoreEvent {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  return { type: "MODIFIED", revision, key: "a", current: { object, revision, json: "x".repeat(size) }, previous: null };
}

const since = (ring: EventRing, revision: number) => ring.since(revision)?.map((found) => found.revision) ?? null;

test("tells what came after a revision, as long as it remembers everything since", () => {
  const ring = new EventRing({ maxEvents: 3, maxBytes: 1000 }, 10);
  assert.deepEqual(since(ring, 10), []);
  assert.equal(since(ring, 9), null, "what was before its time is not known");
  for (const revision of [12, 15, 17]) ring.push(event(revision));
  assert.deepEqual(since(ring, 10), [12, 15, 17]);
  assert.deepEqual(since(ring, 13), [15, 17]);
  assert.deepEqual(since(ring, 17), []);
  ring.push(event(20));
  assert.equal(since(ring, 11), null);
  assert.deepEqual(since(ring, 12), [15, 17, 20]);
});

test("large events make it forget sooner", () => {
  const ring = new EventRing({ maxEvents: 100, maxBytes: 1000 }, 0);
  ring.push(event(1, 600));
  ring.push(event(2, 600));
  assert.equal(since(ring, 0), null);
  assert.deepEqual(since(ring, 1), [2]);
  ring.push(event(3, 5000));
  assert.deepEqual([since(ring, 2), since(ring, 3)], [null, []], "even one that is too large alone");
});

test("stays right over many events", () => {
  const ring = new EventRing({ maxEvents: 50, maxBytes: 1_000_000 }, 0);
  for (let revision = 1; revision <= 1000; revision += 1) {
    ring.push(event(revision));
    const from = Math.max(0, revision - 50);
    assert.equal(ring.since(from)?.length, Math.min(revision, 50));
    if (from > 0) assert.equal(ring.since(from - 1), null);
  }
});
