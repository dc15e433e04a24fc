import assert from "node:assert/strict";
import { it } from "node:test";
import { lastingParts, mergeExpositions } from "../../../../src/telemetry/metrics/merge.ts";
import { MetricsRegistry } from "../../../../src/telemetry/metrics/registry.ts";

const RULES = { least: new Set(["start"]), most: new Set(["state"]) };

function registry(counts: { a: number; b?: number; start: number; state: number; lags: readonly number[] }): string {
  const metrics = new MetricsRegistry();
  const requests = metrics.counter("requests_total", "Requests.", ["path"]);
  requests.with('a "quoted" path with spaces').add(counts.a);
  if (counts.b !== undefined) requests.with("b").add(counts.b);
  metrics.read("gauge", "start", "Start.", () => counts.start);
  metrics.read("gauge", "state", "State.", () => counts.state);
  metrics.gauge("open", "Open.").with().set(counts.a);
  const lag = metrics.histogram("lag_seconds", "Lag.", [], { unitsPerExposed: 1, shownExponents: [0, 2] }).with();
  for (const value of counts.lags) lag.record(value);
  return metrics.expose();
}

it("adds up samples of the same name and labels, buckets too; takes the least or the most where told", () => {
  const merged = mergeExpositions(
    [registry({ a: 1, start: 10, state: 0, lags: [1] }), registry({ a: 2, b: 5, start: 8, state: 2, lags: [1, 3] }), ""],
    RULES,
  );
  assert.equal(merged.match(/^# TYPE requests_total counter$/gm)?.length, 1);
  for (const line of [
    'requests_total{path="a \\"quoted\\" path with spaces"} 3',
    'requests_total{path="b"} 5',
    "start 8",
    "state 2",
    "open 3",
    'lag_seconds_bucket{le="2"} 2',
    'lag_seconds_bucket{le="+Inf"} 3',
    "lag_seconds_sum 5",
    "lag_seconds_count 3",
  ])
    assert.ok(merged.split("\n").includes(line), `${line}\n${merged}`);
});

it("keeps counters and histograms of a process that has ended, and no gauge", () => {
  const lasting = lastingParts(registry({ a: 1, start: 10, state: 2, lags: [1] }));
  assert.match(lasting, /^requests_total/m);
  assert.match(lasting, /^lag_seconds_count 1$/m);
  assert.doesNotMatch(lasting, /^(open|start|state) /m);
  const merged = mergeExpositions([registry({ a: 4, start: 20, state: 0, lags: [] }), lasting], RULES);
  assert.match(merged, /^requests_total\{.*\} 5$/m);
  assert.match(merged, /^open 4$/m);
});
