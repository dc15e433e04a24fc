import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BUCKET_COUNT, bucketCeiling, bucketFloor, bucketOf } from "../../../src/telemetry/metrics/buckets.ts";
import { addProcessMetrics } from "../../../src/telemetry/metrics/process.ts";
import { MetricsRegistry } from "../../../src/telemetry/metrics/registry.ts";
import { readExposition } from "../../support/exposition.ts";

const MICROSECONDS = { unitsPerExposed: 1_000_000, shownExponents: [9, 12] } as const;

test("the exposition, byte for byte", () => {
  const registry = new MetricsRegistry();
  const requests = registry.counter("demo_requests_total", "Requests.\nBy path \\ code.", ["path", "code"]);
  requests.with('/a"b\\c\nd', "200").add();
  requests.with("/", "503").add(2.5);
  registry.gauge("demo_connections", "Open connections.").with().set(-3);
  registry.gauge("demo_unused", "No series, no text.", ["x"]);
  registry.read("gauge", "demo_limit", "A limit.", () => Number.POSITIVE_INFINITY);
  const seconds = registry.histogram("demo_duration_seconds", "Durations.", ["direction"], MICROSECONDS).with("in");
  for (const us of [100, 511, 512, 4_000, 5_000]) seconds.record(us);
  assert.equal(
    registry.expose(),
    [
      "# HELP demo_requests_total Requests.\\nBy path \\\\ code.",
      "# TYPE demo_requests_total counter",
      'demo_requests_total{path="/a\\"b\\\\c\\nd",code="200"} 1',
      'demo_requests_total{path="/",code="503"} 2.5',
      "# HELP demo_connections Open connections.",
      "# TYPE demo_connections gauge",
      "demo_connections -3",
      "# HELP demo_limit A limit.",
      "# TYPE demo_limit gauge",
      "demo_limit +Inf",
      "# HELP demo_duration_seconds Durations.",
      "# TYPE demo_duration_seconds histogram",
      'demo_duration_seconds_bucket{direction="in",le="0.000512"} 2',
      'demo_duration_seconds_bucket{direction="in",le="0.001024"} 3',
      'demo_duration_seconds_bucket{direction="in",le="0.002048"} 3',
      'demo_duration_seconds_bucket{direction="in",le="0.004096"} 4',
      'demo_duration_seconds_bucket{direction="in",le="+Inf"} 5',
      'demo_duration_seconds_sum{direction="in"} 0.010123',
      'demo_duration_seconds_count{direction="in"} 5',
      "",
    ].join("\n"),
  );
});

test("the same tuple is the same series, also after the arrays have grown", () => {
  const registry = new MetricsRegistry();
  const family = registry.counter("demo_total", "x", ["n"]);
  const first = family.with("0");
  first.add();
  const histograms = registry.histogram("demo_seconds", "x", ["n"], MICROSECONDS);
  const firstHistogram = histograms.with("0");
  for (let index = 0; index < 100; index += 1) {
    family.with(String(index)).add(index);
    histograms.with(String(index)).record(index);
  }
  first.add();
  firstHistogram.record(7);
  assert.equal(family.with("0").value, 2);
  assert.equal(family.with("99").value, 99);
  assert.equal(histograms.with("0").count, 2);
  assert.equal(histograms.with("64").count, 1);
});

test("tuples beyond the limit are counted together, and that is counted too", () => {
  const registry = new MetricsRegistry({ maxSeries: 2 });
  const family = registry.counter("demo_total", "x", ["n"]);
  for (const value of ["a", "b", "c", "d", "a"]) family.with(value).add();
  const { samples } = readExposition(registry.expose());
  assert.equal(samples.get('demo_total{n="a"}'), 2);
  assert.equal(samples.get('demo_total{n="_other_"}'), 2);
  assert.equal(samples.get('demo_total{n="c"}'), undefined);
  assert.equal(samples.get('meshctl_metrics_overflow_total{metric="demo_total"}'), 2);
});

test("names that Prometheus or its linter would refuse throw", () => {
  const registry = new MetricsRegistry();
  assert.throws(() => registry.counter("requests", "x"), /_total/);
  assert.throws(() => registry.gauge("bad-name", "x"), /metric name/);
  assert.throws(() => registry.gauge("a", "x", ["le-bad"]), /label name/);
  registry.gauge("a", "x", ["l"]);
  assert.throws(() => registry.gauge("a", "x"), /there already/);
  assert.throws(() => registry.gauge("b", "x", ["l"]).with(), /1 labels, not 0/);
});

test("process metrics are there and make sense", () => {
  const registry = new MetricsRegistry();
  addProcessMetrics(registry, 1_700_000_000_000);
  const { samples } = readExposition(registry.expose());
  assert.equal(samples.get("process_start_time_seconds"), 1_700_000_000);
  assert.ok((samples.get("process_resident_memory_bytes") ?? 0) > 1e6);
  assert.ok((samples.get("process_cpu_seconds_total") ?? 0) > 0);
});

test("every value lies within its bucket, and a bucket is at most a quarter of its floor wide", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (value) => {
      const bucket = bucketOf(value);
      assert.ok(bucketFloor(bucket) <= value && value < bucketCeiling(bucket), `${value} in ${bucket}`);
      assert.ok(value < 4 || bucketCeiling(bucket) - bucketFloor(bucket) <= bucketFloor(bucket) / 4);
    }),
  );
  assert.deepEqual([bucketOf(-1), bucketOf(Number.NaN), bucketOf(1e12), bucketOf(3.99)], [0, 0, BUCKET_COUNT - 1, 3]);
  assert.deepEqual(
    Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucketOf(bucketFloor(bucket))),
    Array.from({ length: BUCKET_COUNT }, (_, bucket) => bucket),
  );
});

test("quantiles are right to within a quarter", () => {
  const registry = new MetricsRegistry();
  const histogram = registry.histogram("demo_seconds", "x", [], MICROSECONDS).with();
  assert.ok(Number.isNaN(histogram.quantile(0.5)));
  for (let value = 1; value <= 10_000; value += 1) histogram.record(value);
  for (const quantile of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = quantile * 10_000;
    assert.ok(Math.abs(histogram.quantile(quantile) - exact) <= exact / 4, `${quantile}: ${histogram.quantile(quantile)}`);
  }
});
