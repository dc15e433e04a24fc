import assert from "node:assert/strict";
import { test } from "node:test";
import { TrafficWindow } from "../../../../src/controller/stat/window.ts";
import { PausedClock } from "../../../support/paused-clock.ts";
import { edge, exchanges } from "./points.ts";

const LIMITS = { windowMs: 60_000, slotMs: 10_000, maxSeries: 3, maxCells: 100 };

function total(window: TrafficWindow, durationMs: number): number {
  return window
    .last(durationMs)
    .cells.reduce((sum, { outcomes }) => sum + [...outcomes.values()].reduce((all, { count }) => all + count, 0), 0);
}

test("a look back sees whole slots, and says since when", () => {
  const clock = new PausedClock(1_000_000);
  const window = new TrafficWindow(clock, LIMITS);
  for (let second = 0; second < 40; second += 1) {
    window.add(exchanges(edge(), 1));
    clock.advance(1_000);
  }
  assert.equal(total(window, 60_000), 40);
  assert.deepEqual([window.last(60_000).sinceMs, window.last(5_000).sinceMs], [1_000_000, 1_030_000]);
  assert.equal(total(window, 5_000), 10);
});

test("what is older than the window is forgotten, and its edges with it", () => {
  const clock = new PausedClock(1_000_000);
  const window = new TrafficWindow(clock, LIMITS);
  window.add(exchanges(edge(), 5));
  clock.advance(60_000);
  assert.equal(total(window, 60_000), 5);
  clock.advance(20_000);
  assert.equal(total(window, 60_000), 0);
  assert.equal(window.series, 0);
});

test("edges over the limit are counted as such; those there go on, and room comes back", () => {
  const clock = new PausedClock(1_000_000);
  const window = new TrafficWindow(clock, LIMITS);
  for (let index = 0; index < 5; index += 1) window.add(exchanges(edge({ destination: `default/d${index}` }), 1));
  assert.deepEqual([window.series, window.overflowed, total(window, 60_000)], [3, 2, 3]);
  window.add(exchanges(edge({ destination: "default/d0" }), 1));
  assert.deepEqual([window.overflowed, total(window, 60_000)], [2, 4]);
  clock.advance(80_000);
  window.add(exchanges(edge({ destination: "default/d4" }), 1));
  assert.deepEqual([window.series, window.overflowed, total(window, 60_000)], [1, 2, 1]);
});

test("over the limit of cells the window gets shorter, from the old end", () => {
  const clock = new PausedClock(1_000_000);
  const window = new TrafficWindow(clock, { ...LIMITS, maxCells: 4 });
  for (let slot = 0; slot < 5; slot += 1) {
    for (let index = 0; index < 2; index += 1) window.add(exchanges(edge({ destination: `default/d${index}` }), 1));
    clock.advance(10_000);
  }
  assert.equal(total(window, 60_000), 4);
  assert.equal(window.series, 2);
});

test("any number of outcomes of an edge leaves few, and no count is lost", () => {
  const window = new TrafficWindow(new PausedClock(1_000_000), LIMITS);
  for (let status = 200; status < 600; status += 1) window.add(exchanges(edge(), 1, status));
  assert.equal(total(window, 60_000), 400);
  assert.ok((window.last(60_000).cells[0]?.outcomes.size ?? 0) < 80);
});
