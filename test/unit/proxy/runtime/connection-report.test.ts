import assert from "node:assert/strict";
import { test } from "node:test";
import { readTraffic } from "../../../../src/controller/stat/read-traffic.ts";
import { ConnectionReport } from "../../../../src/proxy/runtime/connection-report.ts";
import type { OpenConnection } from "../../../../src/telemetry/open-edges.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const CONNECTION: OpenConnection = {
  direction: "outbound",
  protocol: "tcp",
  service: "default/ledger:7000",
  source: "default/web",
  destination: "default/ledger",
  mtls: true,
  routeLabel: "",
};

function setup() {
  const clock = new PausedClock(1_000_000);
  const open: OpenConnection[] = [];
  const calls: { bytes: Uint8Array; answer: (detail: string) => void }[] = [];
  const controller = { connected: true };
  const report = new ConnectionReport({
    clock,
    sender: { namespace: "default", workload: "web", instance: "default/web-1", version: "1.2.3", worker: 2 },
    connections: () => open,
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
  const told = (call: number) => {
    const read = readTraffic(calls[call]?.bytes as Uint8Array);
    assert.equal(read?.refused, 0);
    return read.points.map((point) =>
      point.what === "open"
        ? `${point.edge.service} from ${point.edge.source} worker ${point.worker}: ${point.open}`
        : point.what === "detection-timeouts"
          ? `${point.edge.service} silent ${point.count}`
          : point.what,
    );
  };
  return { clock, open, calls, controller, report, told };
}

test("every 5 s what is open is told, once more when it is not, and nothing while there is nothing", () => {
  const { clock, open, calls, told } = setup();
  clock.advance(10_000);
  assert.equal(calls.length, 0);
  open.push(CONNECTION, CONNECTION, { ...CONNECTION, direction: "inbound", source: "10.0.0.7" });
  clock.advance(5_000);
  assert.deepEqual(told(0), ["default/ledger:7000 from default/web worker 2: 2", "default/ledger:7000 from _outside_ worker 2: 1"]);
  calls[0]?.answer("");
  open.length = 0;
  clock.advance(5_000);
  assert.deepEqual(told(1), ["default/ledger:7000 from default/web worker 2: 0", "default/ledger:7000 from _outside_ worker 2: 0"]);
  calls[1]?.answer("");
  clock.advance(10_000);
  assert.equal(calls.length, 2);
});

test("many edges go in messages of 64, one after the other; over a thousand they are told together", () => {
  const { clock, open, calls, told } = setup();
  for (let index = 0; index < 1_200; index += 1) open.push({ ...CONNECTION, destination: `default/d${index}` });
  clock.advance(5_000);
  assert.equal(calls.length, 1);
  for (let call = 0; call < calls.length; call += 1) calls[call]?.answer("");
  const all = calls.flatMap((_, call) => told(call));
  assert.equal(all.length, 1_001);
  assert.equal(all.at(-1), "_other_ from _other_ worker 2: 200");
});

test("a round that is not over when the next is due takes its place; a controller that is away is told later", () => {
  const { clock, open, calls, controller } = setup();
  open.push(CONNECTION);
  clock.advance(15_000);
  assert.equal(calls.length, 1);
  calls[0]?.answer("went away");
  controller.connected = false;
  clock.advance(5_000);
  controller.connected = true;
  clock.advance(5_000);
  assert.equal(calls.length, 2);
});

test("connections that kept silent are told once, by service", () => {
  const { clock, calls, report, told } = setup();
  report.detections.add("default/ledger:7000");
  report.detections.add("default/ledger:7000");
  clock.advance(5_000);
  assert.deepEqual(told(0), ["default/ledger:7000 silent 2"]);
  calls[0]?.answer("");
  clock.advance(5_000);
  assert.equal(calls.length, 1);
});
