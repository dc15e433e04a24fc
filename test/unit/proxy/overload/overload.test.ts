import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Admission } from "../../../../src/proxy/overload/admission.ts";
import { ConnectionGate } from "../../../../src/proxy/overload/connection-gate.ts";
import { LagWatch } from "../../../../src/proxy/overload/lag-watch.ts";
import { DEFAULT_OVERLOAD_LIMITS, shareOf } from "../../../../src/proxy/overload/limits.ts";
import { NORMAL, Overload, type OverloadState, SHEDDING, SHUT } from "../../../../src/proxy/overload/overload.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const LIMITS = { maxConnections: 100, maxRequests: 4, maxBufferedBytes: 1_000, maxLagMs: 200 };

function guard(limits = LIMITS) {
  const told: [OverloadState, string][] = [];
  const lags: number[] = [];
  let processPressure = 0;
  const overload = new Overload({
    clock: new PausedClock(0),
    limits,
    changed: (state, why) => told.push([state, why]),
    lag: (ms) => lags.push(ms),
    processPressure: () => processPressure,
  });
  return { overload, told, lags, setProcessPressure: (value: number) => void (processPressure = value) };
}

/** Of `count` requests one after the other, how many are let in. */
function admitted(overload: Overload, count: number): number {
  let letIn = 0;
  for (let request = 0; request < count; request += 1) {
    overload.begun();
    if (overload.admits()) letIn += 1;
    overload.ended();
  }
  return letIn;
}

describe("the share of requests let in", () => {
  it("is cut in proportion to the pressure, at most by half a look, and comes back step by step", () => {
    const admission = new Admission();
    admission.adjust(1.25);
    assert.equal(admission.share, 0.8);
    admission.adjust(10);
    assert.equal(admission.share, 0.4);
    admission.adjust(0.9);
    assert.equal(admission.share, 0.4);
    for (let look = 0; look < 12; look += 1) admission.adjust(0.1);
    assert.equal(admission.share, 1);
    for (let look = 0; look < 50; look += 1) admission.adjust(100);
    assert.equal(admission.share, 0.05);
    assert.ok(admission.atLeast);
  });

  it("is spread evenly", () => {
    const admission = new Admission();
    admission.adjust(1.25);
    admission.adjust(2);
    const pattern = Array.from({ length: 10 }, () => (admission.admits() ? "1" : "0")).join("");
    assert.equal(pattern, "0010100101");
  });
});

describe("the door", () => {
  it("shuts every listener at the limit, opens with some room, and stays shut while it is held", () => {
    const gate = new ConnectionGate(20);
    const seen: boolean[] = [];
    gate.add({ setOpen: (open) => seen.push(open) });
    for (let connection = 0; connection < 20; connection += 1) gate.entered();
    assert.deepEqual([gate.shut, seen], [true, [false]]);
    gate.left();
    assert.deepEqual([gate.shut, seen], [false, [false, true]]);
    gate.hold(true);
    gate.entered();
    gate.left();
    assert.deepEqual([gate.shut, seen], [true, [false, true, false]]);
    const late: boolean[] = [];
    gate.add({ setOpen: (open) => late.push(open) });
    assert.deepEqual(late, [false]);
    gate.hold(false);
    assert.deepEqual([gate.shut, seen, late], [false, [false, true, false, true], [false, true]]);
  });
});

describe("the watch on the event loop", () => {
  it("measures how late a timer comes", () => {
    let nowMs = 0;
    let due: (() => void) | null = null;
    const setTimer = (callback: () => void) => {
      due = callback;
      return { cancel: () => void (due = null) };
    };
    const lags: number[] = [];
    const watch = new LagWatch({ nowMs: () => nowMs, monotonicMs: () => nowMs, setTimer }, 50, (lag) => lags.push(lag));
    watch.start();
    for (const afterMs of [50, 350, 50]) {
      nowMs += afterMs;
      (due as (() => void) | null)?.();
    }
    watch.stop();
    assert.deepEqual([lags, due], [[0, 300, 0], null]);
  });
});

describe("the overload guard", () => {
  it("takes one late turn for a stall, two in a row for overload; lets in a share and comes back by itself", () => {
    const { overload, told, lags } = guard();
    overload.look(1_000);
    assert.deepEqual([overload.state, admitted(overload, 10)], [NORMAL, 10]);
    overload.look(10);
    overload.look(400);
    overload.look(400);
    assert.equal(overload.state, SHEDDING);
    assert.equal(admitted(overload, 100), 50);
    assert.deepEqual([overload.shedForLag, overload.shedForMemory, overload.requests], [50, 0, 0]);
    for (let look = 0; look < 10; look += 1) overload.look(5);
    assert.deepEqual([overload.state, admitted(overload, 10)], [NORMAL, 10]);
    assert.deepEqual(
      told.map(([state]) => state),
      [SHEDDING, NORMAL],
    );
    assert.match(told[0]?.[1] ?? "", /^requests wait 400 ms for the event loop: some requests are answered 503/);
    assert.equal(lags.length, 14);
    assert.equal(overload.episodes, 1);
  });

  it("shuts the doors when the least share is still too much, and opens them when it is over", () => {
    const { overload, told } = guard();
    let looks = 0;
    while (overload.state !== SHUT && looks < 50) {
      overload.look(1_000);
      looks += 1;
    }
    assert.ok(looks < 20, `${looks} looks`);
    assert.ok(overload.gate.shut);
    overload.look(5);
    assert.deepEqual([overload.state, overload.gate.shut], [SHEDDING, false]);
    for (let look = 0; look < 20; look += 1) overload.look(5);
    assert.deepEqual(
      told.map(([state]) => state),
      [SHEDDING, SHUT, SHEDDING, NORMAL],
    );
  });

  it("counts bytes where they are held, and the process as a whole", () => {
    const { overload, told, setProcessPressure } = guard();
    let held = 0;
    overload.memory.add(() => held);
    held = 2_000;
    for (let look = 0; look < 6; look += 1) overload.look(0);
    assert.equal(overload.state, SHEDDING);
    assert.match(told[0]?.[1] ?? "", /^memory is short/);
    admitted(overload, 100);
    assert.ok(overload.shedForMemory > 0);
    assert.equal(overload.shedForLag, 0);
    held = 0;
    for (let look = 0; look < 40; look += 1) overload.look(0);
    assert.equal(overload.state, NORMAL);
    setProcessPressure(1.5);
    for (let look = 0; look < 6; look += 1) overload.look(0);
    assert.equal(overload.state, SHEDDING);
  });

  it("answers at once what is over the limit on requests under way, and says when connections are at theirs", () => {
    const { overload, told } = guard();
    assert.deepEqual(
      Array.from({ length: 6 }, () => {
        overload.begun();
        return overload.admits();
      }),
      [true, true, true, true, false, false],
    );
    assert.equal(overload.shedForRequests, 2);
    for (let request = 0; request < 6; request += 1) overload.ended();
    overload.begun();
    assert.ok(overload.admits());
    for (let connection = 0; connection < 100; connection += 1) overload.gate.entered();
    overload.look(0);
    assert.deepEqual(told, [[SHUT, "100 connections are open: new connections are closed"]]);
  });

  it("divides its limits among processes that serve as one", () => {
    assert.deepEqual(shareOf(LIMITS, 3), { maxConnections: 34, maxRequests: 2, maxBufferedBytes: 334, maxLagMs: 200 });
    assert.deepEqual(shareOf(DEFAULT_OVERLOAD_LIMITS, 1), DEFAULT_OVERLOAD_LIMITS);
  });
});
