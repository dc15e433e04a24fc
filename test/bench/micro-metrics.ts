import { MetricsRegistry } from "../../src/telemetry/metrics/registry.ts";
import { TrafficMetrics } from "../../src/telemetry/traffic-metrics.ts";
import { exchange } from "../unit/telemetry/exchange.ts";
import { micro } from "./micro.ts";

const registry = new MetricsRegistry();
const counter = registry.counter("bench_total", "x", ["a"]).with("1");
const histogram = registry.histogram("bench_seconds", "x", ["a"], { unitsPerExposed: 1e6, shownExponents: [9, 26] }).with("1");
const traffic = new TrafficMetrics(registry);
const exchanges = Array.from({ length: 64 }, (_, index) =>
  exchange({ destination: `default/api${index & 3}`, status: index % 10 === 0 ? 503 : 200, durationMs: index / 7 }),
);

micro("counter", () => counter.add(), 10_000_000);
micro("histogram", (index) => histogram.record(index & 0xffff), 10_000_000);
micro("a finished exchange, all its metrics", (index) => traffic.ended(exchanges[index & 63] as (typeof exchanges)[number]));
micro("exposition of it all", () => registry.expose(), 1_000);
