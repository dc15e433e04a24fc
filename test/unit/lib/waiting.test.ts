import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../src/lib/clock.ts";
import { Serial } from "../../../src/lib/serial.ts";
import { waitFor } from "../../../src/lib/wait-for.ts";

/** Every timer fires at once, and that much time has passed. */
function leapingClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer(callback, delayMs) {
      nowMs += delayMs;
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
}

test("waits until there is something, or gives up at the deadline", async () => {
  let looks = 0;
  assert.equal(await waitFor(() => (++looks === 3 ? "there" : null), { clock: leapingClock(), timeoutMs: 1_000 }), "there");
  const clock = leapingClock();
  looks = 0;
  const none = await waitFor(
    async () => {
      looks += 1;
      return false;
    },
    { clock, timeoutMs: 120, everyMs: 50 },
  );
  assert.deepEqual([none, looks, clock.monotonicMs()], [null, 4, 120]);
  assert.equal(await waitFor(() => 0, { clock, timeoutMs: 0 }), 0);
});

test("tasks run one after another, also after a failure", async () => {
  const serial = new Serial();
  const seen: string[] = [];
  const step = (name: string) => async () => {
    seen.push(`${name} begins`);
    await Promise.resolve();
    seen.push(`${name} ends`);
    if (name === "b") throw new Error("b failed");
    return name;
  };
  const results = await Promise.allSettled([serial.run(step("a")), serial.run(step("b")), serial.run(step("c"))]);
  await serial.idle();
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
