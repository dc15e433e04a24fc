import assert from "node:assert/strict";
import { it } from "node:test";
import { ClockSkews } from "../../../../src/controller/publish/clock-skews.ts";
import type { Subscriber } from "../../../../src/discovery/server/contract.ts";
import { ClockReading } from "../../../../src/messages/gen/meshctl/telemetry/v1/telemetry.ts";
import { ClockReport } from "../../../../src/proxy/runtime/clock-report.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

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
  const reading = (unixMs: number) => Buffer.from(ClockReading.encode({ unixMs }).finish());
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
