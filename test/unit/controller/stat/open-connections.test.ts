import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenConnections } from "../../../../src/controller/stat/open-connections.ts";
import { PausedClock } from "../../../support/paused-clock.ts";
import { edge } from "./points.ts";

function setup() {
  const clock = new PausedClock(1_000_000);
  const open = new OpenConnections(clock);
  const counts = () => open.edges.map((each) => each.open);
  return { clock, open, counts };
}

test("what a process says of an edge replaces what it said before; nothing open is nothing kept", () => {
  const { open, counts } = setup();
  open.set("default/web-1 0", edge(), 3);
  open.set("default/web-1 1", edge(), 5);
  open.set("default/web-1 0", edge({ source: "default/shopper" }), 7);
  assert.deepEqual(counts(), [3, 5, 7]);
  open.set("default/web-1 0", edge(), 4);
  assert.deepEqual(counts(), [5, 7, 4]);
  open.set("default/web-1 1", edge(), 0);
  assert.deepEqual(counts(), [7, 4]);
});

test("a proxy that says nothing any more has nothing open", () => {
  const { clock, open, counts } = setup();
  open.set("default/web-1 0", edge(), 3);
  clock.advance(10_000);
  open.set("default/api-1 0", edge(), 5);
  clock.advance(5_000);
  assert.deepEqual(counts(), [3, 5]);
  clock.advance(1);
  assert.deepEqual(counts(), [5]);
});

test("memory is bounded", () => {
  const { open, counts } = setup();
  for (let index = 0; index < 20_100; index += 1) open.set(`default/web-${index} 0`, edge(), 1);
  assert.deepEqual([counts().length, open.overflowed], [20_000, 100]);
});
