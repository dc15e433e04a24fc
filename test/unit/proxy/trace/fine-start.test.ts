import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../../../src/lib/clock.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import { FineStart } from "../../../../src/proxy/trace/fine-start.ts";

/** A machine whose wall clock is read in whole milliseconds. */
class Machine {
  wallMs = 1_767_323_045_000.25;
  #monotonicMs = 12.5;

  readonly clock: Clock = {
    nowMs: () => Math.floor(this.wallMs),
    monotonicMs: () => this.#monotonicMs,
    setTimer: () => ({ cancel: () => {} }),
  };

  pass(ms: number): void {
    this.wallMs += ms;
    this.#monotonicMs += ms;
  }

  set(wallMs: number): void {
    this.wallMs = wallMs;
  }
}

test("starts are never outside the millisecond they were read in, and soon within 50 µs", () => {
  const machine = new Machine();
  const fine = new FineStart(machine.clock);
  const random = seededRandom(3);
  let worst = 0;
  for (let index = 0; index < 400; index += 1) {
    machine.pass(random() * 20);
    const trueStart = machine.wallMs;
    const read = machine.clock.nowMs();
    const durationMs = random() * 5;
    machine.pass(durationMs);
    const start = fine.of(read, durationMs);
    assert.ok(start > read - 0.001 && start < read + 1, `${start - read}`);
    if (index >= 200) worst = Math.max(worst, Math.abs(start - trueStart));
  }
  assert.ok(worst < 0.05, String(worst));
});

test("where the clock says when it began, the first start is exact", () => {
  const machine = new Machine();
  const { wallMs } = machine;
  const clock = { ...machine.clock, originMs: wallMs - machine.clock.monotonicMs() };
  machine.pass(7.125);
  assert.ok(Math.abs(new FineStart(clock).of(machine.clock.nowMs(), 0) - (wallMs + 7.125)) < 0.001);
});

test("a wall clock that is set is followed at once", () => {
  const machine = new Machine();
  const fine = new FineStart(machine.clock);
  for (const jump of [3_600_000, -7_200_000]) {
    machine.pass(5);
    fine.of(machine.clock.nowMs(), 0);
    machine.set(machine.wallMs + jump);
    const read = machine.clock.nowMs();
    const start = fine.of(read, 0);
    assert.ok(start >= read - 0.001 && start < read + 1);
  }
});
