import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ExportMetricsServiceRequest } from "../../../../src/messages/gen/opentelemetry/proto/collector/metrics/v1/metrics_service.ts";
import { AggregationTemporality, type Metric } from "../../../../src/messages/gen/opentelemetry/proto/metrics/v1/metrics.ts";
import { MetricsRegistry } from "../../../../src/telemetry/metrics/registry.ts";
import { exponentialQuantile } from "../../../../src/telemetry/exponential.ts";
import { readTraffic, type TrafficPoint } from "../../../../src/controller/stat/read-traffic.ts";
import { type ReportHead, writeTraffic } from "../../../../src/proxy/runtime/write-traffic.ts";
import { OTHER, OUTSIDE, TrafficDeltas } from "../../../../src/telemetry/traffic-deltas.ts";
import { TrafficMetrics } from "../../../../src/telemetry/traffic-metrics.ts";
import { exchange } from "../../telemetry/exchange.ts";

const HEAD: ReportHead = { namespace: "default", workload: "web", instance: "default/web-1", version: "1.2.3", fromMs: 1_000, toMs: 6_000 };

function counting() {
  const deltas = new TrafficDeltas();
  return { deltas, traffic: new TrafficMetrics(new MetricsRegistry(), 5_000, deltas) };
}

function report(deltas: TrafficDeltas): Uint8Array {
  const edges = deltas.take(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const bytes = writeTraffic(edges, HEAD);
  for (const edge of edges) edge.clear();
  return bytes;
}

function points(bytes: Uint8Array): readonly TrafficPoint[] {
  const read = readTraffic(bytes);
  assert.equal(read?.refused, 0);
  return read.points;
}

function counted(all: readonly TrafficPoint[]): number {
  return all.reduce((sum, point) => sum + (point.what === "exchanges" ? point.count : 0), 0);
}

test("what was counted is read back: outcomes, latencies, bytes, by edge", () => {
  const { deltas, traffic } = counting();
  for (let index = 1; index <= 10; index += 1) traffic.ended(exchange({ durationMs: index, requestBytes: 5, routeLabel: "r" }));
  traffic.ended(exchange({ durationMs: 0, status: 503, reason: "fault-abort", responseBytes: 0, destination: "", mtls: false }));
  const all = points(report(deltas));
  const edge = {
    direction: "outbound",
    protocol: "http/1.1",
    service: "default/api:80",
    source: "default/web",
    destination: "default/api",
    mtls: true,
    route: "r",
  };
  assert.deepEqual(
    all.filter(({ what }) => what === "exchanges"),
    [
      { what: "exchanges", edge, status: 200, grpcStatus: -1, reason: "", count: 10 },
      {
        what: "exchanges",
        edge: { ...edge, destination: "", mtls: false, route: "" },
        status: 503,
        grpcStatus: -1,
        reason: "fault-abort",
        count: 1,
      },
    ],
  );
  const [durations, aborted] = all.flatMap((point) => (point.what === "durations" ? [point.histogram] : []));
  assert.ok(durations && aborted);
  assert.ok(Math.abs((exponentialQuantile(durations, 0.5) as number) - 5_000) < 56);
  assert.equal(exponentialQuantile(aborted, 0.5), 0);
  assert.deepEqual(
    all.flatMap((point) => (point.what === "request-bytes" || point.what === "response-bytes" ? [[point.what, point.bytes]] : [])),
    [
      ["request-bytes", 50],
      ["response-bytes", 820],
    ],
  );
});

test("each count is in one report, and nothing is said of what was quiet", () => {
  const { deltas, traffic } = counting();
  traffic.ended(exchange());
  assert.equal(counted(points(report(deltas))), 1);
  assert.equal(deltas.pending, 0);
  assert.deepEqual(points(report(deltas)), []);
  traffic.ended(exchange());
  traffic.ended(exchange());
  assert.equal(counted(points(report(deltas))), 2);
});

test("callers without a name share one edge; edges and outcomes over a limit are still counted", () => {
  const { deltas, traffic } = counting();
  for (let index = 0; index < 3; index += 1) traffic.ended(exchange({ direction: "inbound", source: `10.0.0.${index}:1`, mtls: false }));
  const outside = points(report(deltas));
  assert.deepEqual(new Set(outside.map(({ edge }) => edge.source)), new Set([OUTSIDE]));
  for (let index = 0; index < 1_200; index += 1) traffic.ended(exchange({ destination: `default/d${index}` }));
  assert.equal(deltas.pending, 1_001);
  const all = points(report(deltas));
  assert.equal(counted(all), 1_200);
  assert.equal(counted(all.filter(({ edge }) => edge.service === OTHER)), 200);
  for (let index = 0; index < 500; index += 1) traffic.ended(exchange({ status: 100 + index }));
  const outcomes = points(report(deltas)).filter(({ what }) => what === "exchanges");
  assert.equal(counted(outcomes), 500);
  assert.ok(outcomes.length < 140);
});

test("a slice holds few edges and few points, whatever waits", () => {
  const { deltas, traffic } = counting();
  for (let edge = 0; edge < 100; edge += 1) {
    for (let status = 200; status < 300; status += 1) traffic.ended(exchange({ destination: `default/d${edge}`, status }));
  }
  const first = deltas.take(32, 256);
  assert.equal(first.length, 3);
  assert.equal(deltas.pending, 97);
  for (const edge of first) edge.clear();
  traffic.ended(exchange({ destination: "default/d0" }));
  assert.equal(deltas.pending, 98);
  assert.equal(deltas.discard(), 97 * 100 + 1);
  assert.equal(deltas.pending, 0);
});

test("finer scales are brought to ours; what no proxy writes is refused and counted", () => {
  const { deltas, traffic } = counting();
  traffic.ended(exchange({ durationMs: 8 }));
  const request = ExportMetricsServiceRequest.decode(report(deltas));
  const metrics = request.resourceMetrics[0]?.scopeMetrics[0]?.metrics as Metric[];
  const changed = (change: (metric: Metric) => void) => {
    const copy = ExportMetricsServiceRequest.decode(ExportMetricsServiceRequest.encode(request).finish());
    for (const metric of copy.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []) change(metric);
    return readTraffic(ExportMetricsServiceRequest.encode(copy).finish());
  };
  assert.equal(metrics.length, 4);
  const finer = changed(({ data }) => {
    if (data?.$case !== "exponentialHistogram") return;
    for (const point of data.exponentialHistogram.dataPoints) {
      point.scale += 1;
      const { offset = 0 } = point.positive ?? {};
      point.positive = { offset: offset * 2, bucketCounts: [1, 1] };
    }
  });
  const [durations] = finer?.points.flatMap((point) => (point.what === "durations" ? [point.histogram] : [])) ?? [];
  assert.ok(durations);
  assert.deepEqual([...(durations.counts as Float64Array)], [2]);
  const cumulative = changed(({ data }) => {
    if (data?.$case === "sum") data.sum.aggregationTemporality = AggregationTemporality.CUMULATIVE;
  });
  assert.equal(cumulative?.refused, 2);
  const coarse = changed(({ data }) => {
    if (data?.$case === "exponentialHistogram") for (const point of data.exponentialHistogram.dataPoints) point.scale = 2;
  });
  assert.equal(coarse?.refused, 1);
  const bare = changed(({ data }) => {
    if (data?.$case === "sum") for (const point of data.sum.dataPoints) point.attributes = [];
  });
  assert.equal(bare?.refused, 2);
});

test("any bytes are read or refused, never thrown at", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readTraffic(bytes)));
  assert.equal(readTraffic(Uint8Array.of(0x0a, 0xff)), null);
});
