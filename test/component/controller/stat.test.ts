/** The controller's metrics service, spoken to by a gRPC client that knows nothing but the published .proto files. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { API, type StatResponse, type StatRow } from "../../../src/api/contract.ts";
import { connectReporter, controllerMetric, sendOtlp } from "./reporter.ts";
import { type ControllerProcess, startProcess, temporaryHome } from "./setup.ts";

const home = temporaryHome();
let controller: ControllerProcess;
const clients: grpc.Client[] = [];

before(async () => {
  controller = await startProcess(home.layout);
});
after(async () => {
  for (const client of clients) client.close();
  await controller.kill("SIGTERM");
  home.remove();
});

async function connect(instance: string, introduce = true): Promise<grpc.Client> {
  const client = await connectReporter(controller, instance, introduce);
  clients.push(client);
  return client;
}

function send(client: grpc.Client, request: object): Promise<void> {
  return sendOtlp(client, "metrics", request);
}

const EDGE = {
  direction: "outbound",
  protocol: "http/1.1",
  service: "default/api:80",
  source: "default/someone-else",
  destination: "default/api1",
};

function attributes(more: Record<string, string | number> = {}): object[] {
  const values = Object.entries({ ...EDGE, ...more }).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { int_value: value } : { string_value: value },
  }));
  return [...values, { key: "tls", value: { bool_value: true } }];
}

function requestOf(...metrics: object[]): object {
  return { resource_metrics: [{ resource: { attributes: [] }, scope_metrics: [{ scope: { name: "foreign" }, metrics }] }] };
}

function sum(name: string, points: object[], temporality = "AGGREGATION_TEMPORALITY_DELTA"): object {
  return { name, sum: { data_points: points, aggregation_temporality: temporality, is_monotonic: true } };
}

async function stat(query: string): Promise<readonly StatRow[]> {
  return (await controller.client.request<StatResponse>("GET", `${API.STAT}?${query}`)).rows;
}

function metric(name: string): Promise<number | undefined> {
  return controllerMetric(controller, name);
}

test("a report of plain OTLP stands in stat, under the sender that its certificate names", async () => {
  const client = await connect("web");
  const time = { start_time_unix_nano: "1767323045000000000", time_unix_nano: "1767323050000000000" };
  await send(
    client,
    requestOf(
      sum("meshctl.exchanges", [
        { ...time, as_int: 70, attributes: attributes({ status: 200, reason: "", route: "r" }) },
        { ...time, as_int: 30, attributes: attributes({ status: 503, reason: "fault-abort", route: "r" }) },
      ]),
      sum("meshctl.response.bytes", [{ ...time, as_int: 4_096, attributes: attributes() }]),
      {
        name: "meshctl.exchange.duration",
        unit: "us",
        exponential_histogram: {
          aggregation_temporality: "AGGREGATION_TEMPORALITY_DELTA",
          // 2^(320/32) = 1,024 µs is where bucket 320 begins.
          data_points: [
            { ...time, count: 100, sum: 1e5, scale: 5, positive: { offset: 320, bucket_counts: [100] }, attributes: attributes() },
          ],
        },
      },
      { name: "someone.elses", sum: { data_points: [], aggregation_temporality: "AGGREGATION_TEMPORALITY_CUMULATIVE" } },
    ),
  );
  const [row, ...others] = await stat("kind=service&from=default/web");
  assert.deepEqual(others, []);
  assert.deepEqual(row?.statuses, { 200: 70, 503: 30 });
  assert.deepEqual([row?.requests, row?.successRate, row?.meshedShare, row?.responseBytes], [100, 0.7, 1, 4_096]);
  assert.equal(row?.p50Ms, 1.035);
  assert.deepEqual(await stat("kind=service&from=default/someone-else"), []);
});

test("what cannot be used is counted, and harms nothing", async () => {
  const client = await connect("odd");
  const refused = (await metric("traffic_points_refused_total")) ?? 0;
  const point = { as_int: 1, attributes: attributes({ status: 200 }) };
  await send(client, requestOf(sum("meshctl.exchanges", [point], "AGGREGATION_TEMPORALITY_CUMULATIVE")));
  await send(client, requestOf(sum("meshctl.exchanges", [{ as_int: 1, attributes: [] }])));
  await send(client, requestOf(sum("meshctl.exchanges", [{ ...point, attributes: attributes({ status: 200, direction: "sideways" }) }])));
  assert.equal(await metric("traffic_points_refused_total"), refused + 3);
  assert.deepEqual(await stat("from=default/odd"), []);
  assert.ok(((await metric("traffic_reports_total")) ?? 0) >= 4);
});

test("a connection that has not introduced itself may not report", async () => {
  const client = await connect("stranger", false);
  await assert.rejects(send(client, requestOf()), { code: grpc.status.FAILED_PRECONDITION });
});

test("a name that is nothing is 404, a parameter that is none 400", async () => {
  await assert.rejects(stat("kind=service&namespace=default&name=nothing"), /service default\/nothing not found/);
  await assert.rejects(stat("seconds=1000"), /seconds must be from 1 to 900/);
});
