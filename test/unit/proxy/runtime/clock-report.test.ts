import assert from "node:assert/strict";
import { it } from "node:test";
import { ClockSkews } from "../../../../src/controller/publish/clock-skews.ts";
import type { Subscriber } from "../../../../src/discovery/server/contract.ts";
import { ClockReading, type LoadReading } from "../../../../src/messages/gen/meshctl/telemetry/v1/telemetry.ts";
import { ClockReport } from "../../../../src/proxy/runtime/clock-report.ts";
import { ProxyLoads } from "../../../../src/controller/publish/proxy-loads.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const NORMAL: LoadReading = { state: 0, why: "", refusedRequests: 0, refusedConnections: 0 };

it("a load that changes is told within a quarter of a second, and every five while it is too much", () => {
  const clock = new PausedClock(1_000_000);
  const told: [number, number][] = [];
  let load = NORMAL;
  const report = new ClockReport({
    clock,
    open: (onEnd) => ({
      send: (bytes) => told.push([clock.nowMs() - 1_000_000, ClockReading.decode(bytes).load?.state ?? -1]) > 0,
      end: onEnd,
    }),
    load: () => load,
  });
  report.changed();
  report.start();
  clock.advance(10_000);
  load = { ...NORMAL, state: 1 };
  for (let change = 0; change < 10; change += 1) report.changed();
  clock.advance(5_500);
  load = NORMAL;
  report.changed();
  clock.advance(10_000);
  assert.deepEqual(told, [
    [0, 0],
    [10_250, 1],
    [15_250, 1],
    [15_750, 0],
  ]);
  report.stop();
});

it("of several processes the worst state counts, and the sum of what they refused", () => {
  const loads = new ProxyLoads();
  const part = (name: string) => loads.receive({ id: "default/web", part: name } as Subscriber);
  const reading = (load: Partial<LoadReading> | undefined) =>
    Buffer.from(ClockReading.encode(ClockReading.fromPartial({ unixMs: 1, ...(load === undefined ? {} : { load }) })).finish());
  const [one, two] = [part("1"), part("2")];
  one.message(reading(undefined));
  assert.equal(loads.of("default/web"), null, "an older proxy says nothing of it");
  one.message(reading({ state: 0, refusedRequests: 5 }));
  two.message(reading({ state: 2, why: "10000 connections are open", refusedRequests: 1, refusedConnections: 9 }));
  assert.deepEqual(loads.of("default/web"), {
    state: "shut",
    why: "10000 connections are open",
    refusedRequests: 6,
    refusedConnections: 9,
  });
  two.end();
  assert.deepEqual(loads.of("default/web"), { state: "normal", why: "", refusedRequests: 5, refusedConnections: 0 });
  const again = part("1");
  again.message(reading({ state: 1 }));
  one.end();
  assert.equal(loads.of("default/web")?.state, "shedding", "the end of an older stream says nothing of the newer");
  again.end();
  assert.equal(loads.of("default/web"), null);
});

it("a clock is told at once, then twice a minute, on a stream that is opened again when it ends", () => {
  const clock = new PausedClock(1_000_000);
  const told: number[] = [];
  const streams: (() => void)[] = [];
  const report = new ClockReport({
    clock,
    open(onEnd) {
      streams.push(onEnd);
      return { send: (bytes) => told.push(ClockReading.decode(bytes).unixMs) > 0, end: onEnd };
    },
    load: () => NORMAL,
  });
  report.start();
  clock.advance(60_000);
  assert.deepEqual(told, [1_000_000, 1_030_000, 1_060_000]);
  assert.equal(streams.length, 1);
  streams[0]?.();
  clock.advance(1_000);
  assert.deepEqual([told.at(-1), streams.length], [1_061_000, 2], "a stream that was not kept is opened again soon");
  clock.advance(30_000);
  assert.deepEqual([told.at(-1), streams.length], [1_091_000, 2]);
  report.start();
  assert.deepEqual([told.length, streams.length], [6, 3], "a new connection, a new stream");
  report.stop();
  clock.advance(120_000);
  assert.deepEqual([told.length, clock.pending], [6, 0]);
});

it("the last reading of the newest stream counts, whatever a proxy sends", () => {
  const clock = new PausedClock(1_000_000);
  const skews = new ClockSkews(clock);
  const web = { id: "default/web" } as Subscriber;
  const reading = (unixMs: number) => Buffer.from(ClockReading.encode(ClockReading.fromPartial({ unixMs })).finish());
  assert.equal(skews.of(web.id), null);
  const first = skews.receive(web);
  first.message(reading(1_090_000));
  assert.equal(skews.of(web.id), 90_000);
  clock.advance(10_000);
  first.message(reading(1_009_000));
  assert.equal(skews.of(web.id), -1_000);
  // Not a protobuf, no time, a number that no date can be.
  for (const bytes of [Buffer.from([0xff]), Buffer.alloc(0), Buffer.from("08ffffffffffffffff7f", "hex")]) first.message(bytes);
  assert.equal(skews.of(web.id), -1_000);
  const second = skews.receive(web);
  second.message(reading(1_010_000));
  first.end();
  assert.equal(skews.of(web.id), 0, "the end of an older stream says nothing of the newer");
  second.end();
  assert.equal(skews.of(web.id), null);
});
