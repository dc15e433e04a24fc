import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deadline, Wheel } from "../../../src/lib/wheel.ts";
import { PausedClock } from "../../support/paused-clock.ts";

const TICK_MS = 10;

function setup(): { clock: PausedClock; wheel: Wheel; entry: (name: string) => Deadline; fired: [string, number][] } {
  const clock = new PausedClock(1_000_000);
  const wheel = new Wheel(clock, TICK_MS);
  const fired: [string, number][] = [];
  const entry = (name: string) => new Deadline({ onDeadline: () => void fired.push([name, clock.monotonicMs()]) });
  return { clock, wheel, entry, fired };
}

test("fires at its deadline or up to a tick after it, once", () => {
  const { clock, wheel, entry, fired } = setup();
  wheel.set(entry("a"), clock.monotonicMs(), 25);
  clock.advance(24);
  assert.deepEqual(fired, []);
  clock.advance(100);
  assert.deepEqual(fired, [["a", 30]]);
});

test("moving a deadline forth and back", () => {
  const { clock, wheel, entry, fired } = setup();
  const a = entry("a");
  wheel.set(a, clock.monotonicMs(), 100);
  wheel.set(a, clock.monotonicMs(), 500);
  clock.advance(200);
  assert.deepEqual(fired, []);
  wheel.set(a, clock.monotonicMs(), 50);
  clock.advance(60);
  assert.deepEqual(fired, [["a", 250]]);
});

test("longer than a revolution", () => {
  const { clock, wheel, entry, fired } = setup();
  wheel.set(entry("hour"), clock.monotonicMs(), 3_600_000);
  clock.advance(3_599_000);
  assert.deepEqual(fired, []);
  clock.advance(2_000);
  assert.equal(fired.length, 1);
});

test("no timer runs while nothing waits, and a long silence costs nothing", () => {
  const { clock, wheel, entry, fired } = setup();
  const a = entry("a");
  wheel.set(a, clock.monotonicMs(), 20);
  wheel.clear(a);
  clock.advance(100);
  assert.equal(clock.pending, 0);
  clock.advance(10_000_000);
  wheel.set(a, clock.monotonicMs(), 20);
  clock.advance(19);
  assert.deepEqual(fired, []);
  clock.advance(11);
  assert.equal(fired.length, 1);
  clock.advance(20);
  assert.equal(clock.pending, 0);
});

test("a callback may set and clear any deadline", () => {
  const clock = new PausedClock(0);
  const wheel = new Wheel(clock, TICK_MS);
  const fired: string[] = [];
  const b = new Deadline({ onDeadline: () => void fired.push("b") });
  const again: Deadline = new Deadline({
    onDeadline: () => {
      fired.push("again");
      wheel.clear(b);
      if (fired.length < 3) wheel.set(again, clock.monotonicMs(), 10);
    },
  });
  wheel.set(b, 0, 20);
  wheel.set(again, 0, 20);
  clock.advance(200);
  assert.ok(fired.filter((name) => name === "again").length >= 2);
  assert.equal(wheel.size, 0);
});

test("any sequence: nothing early, nothing later than two ticks, nothing forgotten", () => {
  const step = fc.record({
    entry: fc.nat({ max: 5 }),
    delayMs: fc.nat({ max: 12_000 }),
    clear: fc.boolean(),
    thenMs: fc.nat({ max: 3_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new PausedClock(5);
      const wheel = new Wheel(clock, TICK_MS);
      const due = new Map<number, number>();
      const entries = Array.from({ length: 6 }, (_, index) => {
        const owner = {
          onDeadline() {
            const wantedMs = due.get(index);
            assert.ok(wantedMs !== undefined, "fired though it was not set");
            assert.ok(clock.monotonicMs() >= wantedMs && clock.monotonicMs() <= wantedMs + 2 * TICK_MS);
            due.delete(index);
          },
        };
        return new Deadline(owner);
      });
      for (const { entry, delayMs, clear, thenMs } of steps) {
        const deadline = entries[entry] as Deadline;
        if (clear) {
          wheel.clear(deadline);
          due.delete(entry);
        } else {
          wheel.set(deadline, clock.monotonicMs(), delayMs);
          due.set(entry, clock.monotonicMs() + delayMs);
        }
        clock.advance(thenMs);
      }
      clock.advance(20_000);
      assert.equal(due.size, 0);
      assert.equal(wheel.size, 0);
    }),
    { numRuns: 300 },
  );
});

test("has one timer, however many deadlines set themselves again as they come due", () => {
  const clock = new PausedClock(5);
  const wheel = new Wheel(clock, TICK_MS);
  let came = 0;
  for (let index = 0; index < 10; index += 1) {
    const deadline: Deadline = new Deadline({
      onDeadline() {
        came += 1;
        wheel.set(deadline, clock.monotonicMs(), 1_000 + index * TICK_MS);
      },
    });
    wheel.set(deadline, clock.monotonicMs(), 1_000);
  }
  for (let second = 0; second < 60; second += 1) {
    clock.advance(1_000);
    assert.equal(clock.pending, 1, `after ${second + 1} s`);
  }
  assert.ok(came > 300);
});
