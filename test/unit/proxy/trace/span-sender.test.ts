import assert from "node:assert/strict";
import { test } from "node:test";
import { readSpans } from "../../../../src/controller/trace/read-spans.ts";
import { TrafficRecord } from "../../../../src/proxy/exchange-record.ts";
import { SpanSender } from "../../../../src/proxy/trace/span-sender.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

const SOURCE = { namespace: "default", workload: "web", instance: "default/web-1", version: "1.2.3" };
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function record(span: number, traceId = "0af7651916cd43dd8448eb211c80319c"): TrafficRecord {
  const made = new TrafficRecord("outbound");
  made.reset(START_MS);
  made.traceId = traceId;
  made.spanId = span.toString(16).padStart(16, "0");
  made.method = "GET";
  made.path = "/items";
  made.status = 200;
  return made;
}

/** A controller that takes messages when told, or is away. */
class Calls {
  readonly messages: Uint8Array[] = [];
  away = false;
  #onEnd: ((detail: string) => void)[] = [];

  readonly open = (onEnd: (detail: string) => void) => {
    if (this.away) return null;
    this.#onEnd.push(onEnd);
    return {
      send: (message: Uint8Array) => {
        this.messages.push(message);
        return true;
      },
      end: () => {},
    };
  };

  get underWay(): number {
    return this.#onEnd.length;
  }

  answer(detail = ""): void {
    this.#onEnd.shift()?.(detail);
  }

  get spans(): number {
    return this.messages.reduce((count, message) => count + (readSpans(message)?.spans.length ?? 0), 0);
  }
}

function sender(): { clock: PausedClock; calls: Calls; spans: SpanSender } {
  const clock = new PausedClock(START_MS);
  const calls = new Calls();
  return { clock, calls, spans: new SpanSender({ clock, source: SOURCE, open: calls.open }) };
}

test("requests that are not sampled cost nothing and send nothing", () => {
  const { clock, calls, spans } = sender();
  spans.ended(record(1, ""));
  clock.advance(60_000);
  assert.equal(calls.messages.length, 0);
});

test("spans of a second leave together, in small messages one after the other", () => {
  const { clock, calls, spans } = sender();
  for (let span = 1; span <= 70; span += 1) spans.ended(record(span));
  clock.advance(999);
  assert.equal(calls.messages.length, 0);
  clock.advance(1);
  assert.deepEqual([calls.messages.length, calls.underWay], [1, 1]);
  calls.answer();
  calls.answer();
  assert.deepEqual([calls.messages.length, calls.spans], [3, 70]);
  calls.answer();
  assert.equal(calls.underWay, 0);
  assert.equal(spans.dropped, 0);
});

test("what a broken connection had is lost and counted; what waits is bounded and kept until the controller is back", () => {
  const { clock, calls, spans } = sender();
  spans.ended(record(1));
  clock.advance(1_000);
  calls.answer("connection lost");
  assert.equal(spans.dropped, 1);
  calls.away = true;
  for (let span = 2; span <= 3_000; span += 1) spans.ended(record(span));
  clock.advance(30_000);
  assert.equal(spans.dropped, 1 + 2_999 - 2_048);
  calls.away = false;
  clock.advance(1_000);
  while (calls.underWay > 0) calls.answer();
  assert.equal(calls.spans, 1 + 2_048);
});

test("flush sends at once and says when the controller has it", () => {
  const { calls, spans } = sender();
  let done = 0;
  spans.flush(500, () => (done += 1));
  assert.equal(done, 1);
  spans.ended(record(1));
  spans.flush(500, () => (done += 1));
  assert.deepEqual([calls.messages.length, done], [1, 1]);
  calls.answer();
  assert.equal(done, 2);
});

test("flush waits no longer than its limit, and not at all for a controller that is away", () => {
  const { clock, calls, spans } = sender();
  let done = 0;
  spans.ended(record(1));
  spans.flush(500, () => (done += 1));
  clock.advance(500);
  assert.equal(done, 1);
  calls.answer();
  calls.away = true;
  spans.ended(record(2));
  spans.flush(500, () => (done += 1));
  assert.equal(done, 2);
});

test("a span says all the record said, by OpenTelemetry's names", () => {
  const { clock, calls, spans } = sender();
  const made = record(1);
  Object.assign(made, {
    parentSpanId: "b7ad6b7169203331",
    durationMs: 12.5,
    status: 503,
    reason: "fault-abort",
    policy: "FaultInjection/default/api",
    service: "default/api:80",
    source: "default/web",
    destination: "default/api1",
    routeLabel: "HTTPRoute/default/api",
    requestId: "r-1",
    authority: "api",
    attempts: 2,
    mtls: true,
    requestBytes: 3,
    responseBytes: 2 ** 40,
  });
  clock.advance(12.5);
  spans.ended(made);
  clock.advance(1_000);
  const [span] = readSpans(calls.messages[0] as Uint8Array)?.spans ?? [];
  assert.deepEqual(span, {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "0000000000000001",
    parentSpanId: "b7ad6b7169203331",
    direction: "outbound",
    startUs: START_MS * 1_000,
    endUs: START_MS * 1_000 + 12_500,
    protocol: "http/1.1",
    method: "GET",
    authority: "api",
    path: "/items",
    status: 503,
    grpcStatus: -1,
    error: true,
    reason: "fault-abort",
    policy: "FaultInjection/default/api",
    service: "default/api:80",
    source: "default/web",
    destination: "default/api1",
    route: "HTTPRoute/default/api",
    requestId: "r-1",
    attempts: 2,
    mtls: true,
    requestBytes: 3,
    responseBytes: 2 ** 40,
  });
});

/** What came of a request, and whether that is an error of the hop. */
const OUTCOMES = [
  [{ status: 200 }, false],
  [{ status: 101 }, false],
  [{ status: 404 }, false],
  [{ status: 500 }, true],
  [{ status: 503, reason: "no-endpoints" }, true],
  [{ status: 0, reason: "downstream-reset" }, true],
  [{ status: 0 }, true],
  [{ status: 200, grpcStatus: 0 }, false],
  [{ status: 200, grpcStatus: 5 }, false],
  [{ status: 200, grpcStatus: 14 }, true],
] as const;

for (const [outcome, error] of OUTCOMES) {
  test(`${JSON.stringify(outcome)} is ${error ? "an" : "no"} error`, () => {
    const { clock, calls, spans } = sender();
    const made = record(1);
    Object.assign(made, outcome, { protocol: "grpcStatus" in outcome ? "grpc" : "http/2" });
    spans.ended(made);
    clock.advance(1_000);
    const [span] = readSpans(calls.messages[0] as Uint8Array)?.spans ?? [];
    assert.equal(span?.error, error);
    assert.equal(span?.protocol, "grpcStatus" in outcome ? "grpc" : "http/2");
  });
}

test("a method nobody registered comes through as it was sent", () => {
  const { clock, calls, spans } = sender();
  const made = record(1);
  made.method = "BREW";
  spans.ended(made);
  clock.advance(1_000);
  assert.equal(readSpans(calls.messages[0] as Uint8Array)?.spans[0]?.method, "BREW");
});
