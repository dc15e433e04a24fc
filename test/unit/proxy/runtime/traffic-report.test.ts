import assert from "node:assert/strict";
import { test } from "node:test";
import { TrafficReport } from "../../../../src/proxy/runtime/traffic-report.ts";
import { MetricsRegistry } from "../../../../src/telemetry/metrics/registry.ts";
import { readTraffic } from "../../../../src/controller/stat/read-traffic.ts";
import { TrafficDeltas } from "../../../../src/telemetry/traffic-deltas.ts";
import { TrafficMetrics } from "../../../../src/telemetry/traffic-metrics.ts";
import { PausedClock } from "../../../support/paused-clock.ts";
import { exchange } from "../../telemetry/exchange.ts";

/** A controller that answers when told to. */
function setup() {
  const clock = new PausedClock(1_000_000);
  const deltas = new TrafficDeltas();
  const traffic = new TrafficMetrics(new MetricsRegistry(), undefined, deltas);
  const calls: { bytes: Uint8Array; answer: (detail: string) => void }[] = [];
  const controller = { connected: true };
  const report = new TrafficReport({
    clock,
    deltas,
    sender: { namespace: "default", workload: "web", instance: "default/web-1", version: "1.2.3" },
    open(answer) {
      if (!controller.connected) return null;
      return {
        send(bytes) {
          calls.push({ bytes, answer });
          return true;
        },
        end() {},
      };
    },
  });
  report.start();
  const told = () =>
    calls
      .flatMap(({ bytes }) => readTraffic(bytes)?.points ?? [])
      .reduce((sum, point) => sum + (point.what === "exchanges" ? point.count : 0), 0);
  return { clock, deltas, traffic, calls, controller, report, told };
}

test("every 5 s what is new is told, and nothing when nothing is", () => {
  const { clock, traffic, calls, told } = setup();
  traffic.ended(exchange());
  clock.advance(4_999);
  assert.equal(calls.length, 0);
  clock.advance(1);
  assert.equal(told(), 1);
  calls[0]?.answer("");
  clock.advance(10_000);
  assert.equal(calls.length, 1);
  traffic.ended(exchange());
  clock.advance(5_000);
  assert.deepEqual([calls.length, told()], [2, 2]);
});

test("many edges go in small messages, each when the one before was taken", () => {
  const { clock, traffic, calls, deltas, told } = setup();
  for (let index = 0; index < 100; index += 1) traffic.ended(exchange({ destination: `default/d${index}` }));
  clock.advance(5_000);
  assert.equal(calls.length, 1);
  for (let answered = 0; answered < calls.length; answered += 1) calls[answered]?.answer("");
  assert.equal(calls.length, 13);
  assert.deepEqual([told(), deltas.pending], [100, 0]);
  assert.ok(calls.every(({ bytes }) => bytes.length < 64 * 1024));
});

test("a controller that is slow to answer is not asked again meanwhile", () => {
  const { clock, traffic, calls, told } = setup();
  traffic.ended(exchange());
  clock.advance(5_000);
  traffic.ended(exchange());
  clock.advance(60_000);
  assert.equal(calls.length, 1);
  calls[0]?.answer("");
  clock.advance(5_000);
  assert.deepEqual([calls.length, told()], [2, 2]);
});

test("without a connection it keeps what there is for half a minute, then drops and counts it", () => {
  const { clock, traffic, calls, controller, report, told, deltas } = setup();
  controller.connected = false;
  for (let second = 0; second < 20; second += 5) {
    traffic.ended(exchange());
    clock.advance(5_000);
  }
  controller.connected = true;
  clock.advance(5_000);
  assert.deepEqual([told(), report.dropped], [4, 0]);
  calls[0]?.answer("");
  controller.connected = false;
  traffic.ended(exchange());
  clock.advance(60_000);
  assert.deepEqual([report.dropped, deltas.pending], [1, 0]);
});

test("what broke on its way is not told twice", () => {
  const { clock, traffic, calls, report } = setup();
  traffic.ended(exchange());
  clock.advance(5_000);
  calls[0]?.answer("connection lost");
  clock.advance(5_000);
  assert.deepEqual([calls.length, report.dropped], [1, 1]);
});

test("the last report is waited for, within its limit", () => {
  const { clock, traffic, calls, controller, report, told } = setup();
  const done: string[] = [];
  report.flush(500, () => done.push("nothing to tell"));
  assert.deepEqual(done, ["nothing to tell"]);
  traffic.ended(exchange());
  clock.advance(5_000);
  traffic.ended(exchange());
  // One is under way already: what came after it is told in a round of its own.
  report.flush(500, () => done.push("told"));
  calls[0]?.answer("");
  assert.equal(told(), 2);
  assert.deepEqual(done, ["nothing to tell"]);
  calls[1]?.answer("");
  assert.deepEqual(done, ["nothing to tell", "told"]);
  traffic.ended(exchange());
  report.flush(500, () => done.push("gave up"));
  clock.advance(500);
  assert.equal(done.at(-1), "gave up");
  calls[2]?.answer("");
  controller.connected = false;
  traffic.ended(exchange());
  report.flush(500, () => done.push("away"));
  assert.equal(done.at(-1), "away");
  report.stop();
  assert.equal(clock.pending, 0);
});
