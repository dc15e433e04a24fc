import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Admission } from "../../../../src/proxy/overload/admission.ts";
import { Concurrency, type Look } from "../../../../src/proxy/overload/concurrency.ts";
import { ConnectionGate } from "../../../../src/proxy/overload/connection-gate.ts";
import { LagWatch } from "../../../../src/proxy/overload/lag-watch.ts";
import { DEFAULT_OVERLOAD_LIMITS, shareOf } from "../../../../src/proxy/overload/limits.ts";
import { NORMAL, Overload, type OverloadState, SHEDDING, SHUT } from "../../../../src/proxy/overload/overload.ts";
import { Refusals } from "../../../../src/proxy/overload/refusals.ts";
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
  const concurrency = new Concurrency();
  for (let request = 0; request < count; request += 1) if (overload.admits(concurrency, 0)) letIn += 1;
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

describe("the limit on what is under way", () => {
  const calm = (id: number): Look => ({ id, lagMs: 0, maxLagMs: 500, own: true });
  const late = (id: number): Look => ({ id, lagMs: 300, maxLagMs: 500, own: true });

  it("begins after three late looks with many requests under way, follows the lag, and ends after a second without need", () => {
    const concurrency = new Concurrency();
    for (let id = 1; id <= 9; id += 1) assert.ok(concurrency.admits(100, late(id)), "few requests");
    assert.ok(concurrency.admits(2_000, late(10)));
    assert.ok(concurrency.admits(2_000, calm(11)), "not in a row");
    for (let id = 12; id < 14; id += 1) assert.ok(concurrency.admits(2_000, late(id)));
    assert.ok(!concurrency.admits(2_000, late(14)));
    assert.equal(concurrency.limit, 256);
    assert.ok(concurrency.admits(200, late(15)));
    assert.ok(concurrency.limit < 256);
    for (let id = 16; id < 60; id += 1) concurrency.admits(2_000, late(id));
    assert.equal(concurrency.limit, 64, "never less");
    concurrency.admits(64, calm(60));
    assert.ok(concurrency.limit > 64 && concurrency.limit < 80, String(concurrency.limit));
    for (let id = 61; id <= 81; id += 1) concurrency.admits(10, calm(id));
    assert.ok(!concurrency.limits);
    assert.ok(concurrency.admits(4_000, calm(82)));
  });

  it("begins at once when who should answer refuses, and has no part in it where few wait", () => {
    const concurrency = new Concurrency();
    concurrency.pressed(100);
    assert.ok(!concurrency.limits);
    concurrency.pressed(1_500);
    assert.ok(!concurrency.admits(1_500, calm(1)));
  });
});

/** Requests to be refused, numbered. */
function refusedOnes() {
  const told: string[] = [];
  return { told, one: (name: string) => ({ refuse: (waitedMs: number) => void told.push(`${name} ${waitedMs}`) }) };
}

describe("the pace of refusals", () => {
  it("is one for two requests let in, in order, and nobody waits longer than a second", () => {
    const refusals = new Refusals();
    const { told, one } = refusedOnes();
    refusals.release(0, false);
    for (let saved = 0; saved < 1_024; saved += 1) assert.ok(refusals.mayRefuse(one("early")));
    for (const name of ["a", "b", "c", "d"]) assert.ok(!refusals.mayRefuse(one(name)));
    refusals.admitted();
    refusals.release(50, false);
    assert.deepEqual(told, []);
    for (let admitted = 0; admitted < 3; admitted += 1) refusals.admitted();
    refusals.release(100, false);
    assert.deepEqual(told, ["a 100", "b 100"]);
    refusals.admitted();
    refusals.admitted();
    assert.ok(!refusals.mayRefuse(one("e")), "it waits behind the others");
    refusals.release(150, false);
    refusals.release(1_000, false);
    assert.deepEqual(told.slice(2), ["c 150", "d 1000"]);
    assert.equal(refusals.waiting, 1);
    refusals.release(1_050, true);
    assert.deepEqual([told.at(-1), refusals.waiting], ["e 950", 0]);
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
  it("measures how late a timer comes, and how busy the process was", () => {
    let nowMs = 0;
    let due: (() => void) | null = null;
    const setTimer = (callback: () => void) => {
      due = callback;
      return { cancel: () => void (due = null) };
    };
    const looks: [number, number][] = [];
    let cpuMs = 7;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, setTimer };
    const watch = new LagWatch(
      clock,
      50,
      (lag, busy) => looks.push([lag, busy]),
      () => cpuMs,
    );
    watch.start();
    for (const [afterMs, usedMs] of [
      [50, 10],
      [350, 350],
      [50, 0],
    ] as const) {
      nowMs += afterMs;
      cpuMs += usedMs;
      (due as (() => void) | null)?.();
    }
    watch.stop();
    const seen = [
      [0, 0.2],
      [300, 1],
      [0, 0],
    ];
    assert.deepEqual([looks, due], [seen, null]);
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
    const concurrency = new Concurrency();
    assert.deepEqual(
      Array.from({ length: 6 }, () => {
        const admitted = overload.admits(concurrency, 0);
        if (admitted) overload.begun();
        return admitted;
      }),
      [true, true, true, true, false, false],
    );
    assert.equal(overload.shedForRequests, 2);
    for (let request = 0; request < 4; request += 1) overload.ended();
    assert.ok(overload.admits(concurrency, 0));
    for (let connection = 0; connection < 100; connection += 1) overload.gate.entered();
    overload.look(0);
    assert.deepEqual(told, [[SHUT, "100 connections are open: new connections are closed"]]);
  });

  it("divides its limits among processes that serve as one", () => {
    assert.deepEqual(shareOf(LIMITS, 3), { maxConnections: 34, maxRequests: 2, maxBufferedBytes: 334, maxLagMs: 200 });
    assert.deepEqual(shareOf(DEFAULT_OVERLOAD_LIMITS, 1), DEFAULT_OVERLOAD_LIMITS);
  });
});
