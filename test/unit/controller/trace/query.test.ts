import assert from "node:assert/strict";
import { test } from "node:test";
import type { TraceQuery } from "../../../../src/api/contract.ts";
import { matchesTrace, parseTraceQuery } from "../../../../src/controller/trace/query.ts";
import type { Trace } from "../../../../src/controller/trace/trace-store.ts";
import { traceDetail, traceSummary } from "../../../../src/controller/trace/views.ts";
import { id, START_US, stored } from "./spans.ts";

const NOW_MS = 1_000_000;

/** shopper → web → api, 30 ms, that ended with a 503 of api. */
const TRACE: Trace = {
  id: id(1, 32),
  arrivedMs: NOW_MS - 60_000,
  spans: [
    stored(1, 3, {
      parentSpanId: id(2),
      startUs: START_US + 5_000,
      endUs: START_US + 25_250,
      status: 503,
      error: true,
      reason: "fault-abort",
    }),
    stored(1, 1, { source: "default/shopper", destination: "shop/web", service: "shop/web:80", endUs: START_US + 30_000 }),
    stored(1, 2, { parentSpanId: id(1), direction: "inbound", source: "default/shopper", destination: "shop/web", service: "shop/web:80" }),
  ],
};

const MATCHES: readonly (readonly [TraceQuery, boolean])[] = [
  [{}, true],
  [{ namespace: "default" }, true],
  [{ namespace: "shop" }, true],
  [{ namespace: "sho" }, false],
  [{ service: "api" }, true],
  [{ namespace: "shop", service: "api" }, false],
  [{ namespace: "shop", service: "web" }, true],
  [{ namespace: "elsewhere", service: "shop/web" }, true],
  [{ service: "api:80" }, false],
  [{ workload: "shopper" }, true],
  [{ workload: "api1" }, true],
  [{ workload: "shop/web" }, true],
  [{ workload: "api2" }, false],
  [{ service: "api", workload: "shopper", errors: true, minDurationMs: 30, seconds: 60 }, true],
  [{ errors: true }, true],
  [{ minDurationMs: 30 }, true],
  [{ minDurationMs: 31 }, false],
  [{ seconds: 60 }, true],
  [{ seconds: 59 }, false],
];

for (const [query, expected] of MATCHES) {
  test(`${JSON.stringify(query)} is ${expected ? "met" : "not met"}`, () => assert.equal(matchesTrace(TRACE, query, NOW_MS), expected));
}

test("a trace without an error is none", () => {
  assert.equal(matchesTrace({ ...TRACE, spans: TRACE.spans.slice(1) }, { errors: true }, NOW_MS), false);
});

test("a summary tells the first span, whatever came first", () => {
  const { traceId, start, durationMs, spans, errors, first } = traceSummary(TRACE);
  assert.deepEqual([traceId, start, durationMs, spans, errors], [id(1, 32), "2026-01-02T03:04:05.000000Z", 30, 3, 1]);
  assert.deepEqual([first.spanId, first.service, first.grpcStatus], [id(1), "shop/web:80", null]);
});

test("details are in the order of start, with offsets from the first", () => {
  const { spans } = traceDetail(TRACE);
  assert.deepEqual(
    spans.map(({ spanId, offsetMs, durationMs, start }) => [spanId, offsetMs, durationMs, start]),
    [
      [id(1), 0, 30, "2026-01-02T03:04:05.000000Z"],
      [id(2), 0, 10, "2026-01-02T03:04:05.000000Z"],
      [id(3), 5, 20.25, "2026-01-02T03:04:05.005000Z"],
    ],
  );
});

test("a query string is read strictly", () => {
  const read = (text: string) => parseTraceQuery(new URLSearchParams(text));
  assert.deepEqual(read("service=a/b&errors=true&minDurationMs=5&seconds=10&limit=7&namespace=x"), {
    namespace: "x",
    service: "a/b",
    workload: undefined,
    errors: true,
    minDurationMs: 5,
    seconds: 10,
    limit: 7,
  });
  assert.equal(read("").limit, 20);
  for (const text of ["limit=0", "limit=1001", "limit=x", "namespace=A", "service=a/b/c", "errors=1", "minDurationMs=-1", "nope=1"]) {
    assert.throws(() => read(text), { status: 400 }, text);
  }
});
