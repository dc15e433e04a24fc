import assert from "node:assert/strict";
import { test } from "node:test";
import { findCondition, withCondition } from "../../../src/model/conditions.ts";

const accepted = { type: "Accepted", status: "True", reason: "Accepted", message: "yes", observedGeneration: 1 } as const;
const T1 = "2026-01-01T00:00:00Z";
const T2 = "2026-01-02T00:00:00Z";

test("a condition is added, kept, and dated by its last transition", () => {
  const first = withCondition([], accepted, T1);
  assert.equal(findCondition(first, "Accepted")?.lastTransitionTime, T1);
  assert.equal(withCondition(first, accepted, T2), first, "nothing changed: the very same array");
  const reworded = withCondition(first, { ...accepted, message: "still" }, T2);
  assert.equal(findCondition(reworded, "Accepted")?.lastTransitionTime, T1);
  const flipped = withCondition(reworded, { ...accepted, status: "False" }, T2);
  assert.deepEqual([flipped.length, flipped[0]?.lastTransitionTime], [1, T2]);
  assert.equal(findCondition(undefined, "Accepted"), undefined);
});
