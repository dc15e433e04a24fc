import assert from "node:assert/strict";
import { test } from "node:test";
import { MetricsRegistry } from "../../../src/telemetry/metrics/registry.ts";
import { TrafficMetrics } from "../../../src/telemetry/traffic-metrics.ts";
import { readExposition } from "../../support/exposition.ts";
import { exchange } from "./exchange.ts";

const EDGE = 'direction="outbound",protocol="http/1.1",service="default/api:80",source="default/web",destination="default/api",mtls="true"';

test("each exchange counts once, under its outcome", () => {
  const registry = new MetricsRegistry();
  const traffic = new TrafficMetrics(registry);
  for (let index = 0; index < 3; index += 1) traffic.ended(exchange({ requestBytes: 10 }));
  traffic.ended(exchange({ status: 503, reason: "fault-abort", routeLabel: "HTTPRoute/default/r rule 0" }));
  const { samples } = readExposition(registry.expose());
  assert.equal(samples.get(`meshctl_exchanges_total{${EDGE},status="200",reason="",route="",grpc_status=""}`), 3);
  assert.equal(
    samples.get(`meshctl_exchanges_total{${EDGE},status="503",reason="fault-abort",route="HTTPRoute/default/r rule 0",grpc_status=""}`),
    1,
  );
  traffic.ended(exchange({ protocol: "grpc", grpcStatus: 14 }));
  const grpc = readExposition(registry.expose()).samples;
  assert.equal(
    grpc.get(`meshctl_exchanges_total{${EDGE.replace("http/1.1", "grpc")},status="200",reason="",route="",grpc_status="14"}`),
    1,
  );
  assert.equal(samples.get(`meshctl_request_bytes_total{${EDGE}}`), 30);
  assert.equal(samples.get(`meshctl_response_bytes_total{${EDGE}}`), 4 * 82);
  assert.equal(samples.get(`meshctl_exchange_duration_seconds_count{${EDGE}}`), 4);
  assert.equal(samples.get(`meshctl_exchange_duration_seconds_bucket{${EDGE},le="0.002048"}`), 4);
  assert.equal(samples.get(`meshctl_exchange_duration_seconds_bucket{${EDGE},le="0.001024"}`), 0);
});

test("any number of sources leaves a bounded number of series and loses no count", () => {
  const registry = new MetricsRegistry({ maxSeries: 10 });
  const traffic = new TrafficMetrics(registry, 5);
  for (let index = 0; index < 100; index += 1) traffic.ended(exchange({ source: `10.0.0.${index}`, status: 200 + index }));
  const exchanges = [...readExposition(registry.expose()).samples].filter(([name]) => name.startsWith("meshctl_exchanges_total"));
  assert.equal(exchanges.length, 11);
  assert.equal(
    exchanges.reduce((sum, [, value]) => sum + value, 0),
    100,
  );
});
