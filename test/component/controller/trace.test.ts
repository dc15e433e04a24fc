/** The controller's trace service, spoken to by a gRPC client that knows nothing but the published .proto files. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { API, type TraceDetail, type TraceList } from "../../../src/api/contract.ts";
import { ProxyConfig } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";
import { connectReporter, controllerMetric, sendOtlp } from "./reporter.ts";
import { type ControllerProcess, fakeProxy, kind, startProcess, temporaryHome, until } from "./setup.ts";

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

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER = `4bf92f35${"0".repeat(23)}1`;
const START_MS = Date.now() - 1_000;

interface Sent {
  readonly traceId?: string;
  readonly span: number;
  readonly parent?: number;
  readonly kind: string;
  readonly atMs: number;
  readonly forMs: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly error?: boolean;
}

function hexId(number: number): Buffer {
  return Buffer.from(number.toString(16).padStart(16, "0"), "hex");
}

function spanOf({ traceId = TRACE, span, parent, kind: spanKind, atMs, forMs, attributes = {}, error = false }: Sent): object {
  const all: Readonly<Record<string, string | number>> = {
    "http.request.method": "GET",
    "url.path": "/items",
    "http.response.status_code": 200,
    "meshctl.service": "default/api:80",
    "meshctl.source": "default/someone-else",
    "meshctl.destination": "default/anyone",
    ...attributes,
  };
  return {
    trace_id: Buffer.from(traceId, "hex"),
    span_id: hexId(span),
    parent_span_id: parent === undefined ? Buffer.alloc(0) : hexId(parent),
    name: "GET",
    kind: spanKind,
    start_time_unix_nano: `${START_MS + atMs}000000`,
    end_time_unix_nano: `${START_MS + atMs + forMs}000000`,
    attributes: Object.entries(all).map(([key, value]) => ({
      key,
      value: typeof value === "number" ? { int_value: value } : { string_value: value },
    })),
    ...(error ? { status: { code: "STATUS_CODE_ERROR" } } : {}),
  };
}

function send(client: grpc.Client, ...spans: Sent[]): Promise<void> {
  return sendOtlp(client, "trace", { resource_spans: [{ scope_spans: [{ scope: { name: "foreign" }, spans: spans.map(spanOf) }] }] });
}

function list(query = ""): Promise<TraceList> {
  return controller.client.request<TraceList>("GET", `${API.TRACES}?${query}`);
}

function show(id: string): Promise<TraceDetail> {
  return controller.client.request<TraceDetail>("GET", `${API.TRACES}/${id}`);
}

test("spans that two proxies send make one trace, each under the sender that its certificate names", async () => {
  const [web, api] = [await connect("web"), await connect("api1")];
  // The callee's span arrives first, as it does when its proxy happens to report first.
  await send(api, { span: 2, parent: 1, kind: "SPAN_KIND_SERVER", atMs: 2, forMs: 6 });
  await send(web, { span: 1, kind: "SPAN_KIND_CLIENT", atMs: 0, forMs: 10, attributes: { "meshctl.attempts": 2 } });
  const { spans, durationMs } = await show(TRACE);
  assert.deepEqual(
    spans.map(({ spanId, parentSpanId, direction, source, destination, offsetMs, attempts }) => [
      Number(`0x${spanId}`),
      parentSpanId === "" ? 0 : Number(`0x${parentSpanId}`),
      direction,
      source,
      destination,
      offsetMs,
      attempts,
    ]),
    [
      [1, 0, "outbound", "default/web", "default/anyone", 0, 2],
      [2, 1, "inbound", "default/someone-else", "default/api1", 2, 0],
    ],
  );
  assert.equal(durationMs, 10);
  const { traces, remembered } = await list("workload=web");
  assert.deepEqual([traces[0]?.traceId, traces[0]?.spans, traces[0]?.first.source, remembered], [TRACE, 2, "default/web", 1]);
});

test("filters, and ids by their first digits", async () => {
  const client = await connect("shopper");
  const sent = { traceId: OTHER, span: 1, kind: "SPAN_KIND_CLIENT", atMs: 500, forMs: 200 } as const;
  await send(client, { ...sent, error: true, attributes: { "http.response.status_code": 503, "meshctl.reason": "fault-abort" } });
  const found = async (query: string) => (await list(query)).traces.map(({ traceId }) => traceId);
  assert.deepEqual(await found(""), [OTHER, TRACE]);
  assert.deepEqual(await found("errors=true"), [OTHER]);
  assert.deepEqual(await found("minDurationMs=100"), [OTHER]);
  assert.deepEqual(await found("workload=default/api1"), [TRACE]);
  assert.deepEqual(await found("service=api&namespace=default&seconds=60&limit=1"), [OTHER]);
  assert.deepEqual(await found("namespace=elsewhere"), []);
  assert.equal((await show("4bf92f357")).traceId, TRACE);
  assert.equal((await show(OTHER)).spans[0]?.reason, "fault-abort");
  await assert.rejects(show("4bf92f35"), new RegExp(`several traces begin with 4bf92f35: ${TRACE}, ${OTHER}`));
  await assert.rejects(show("ab"), /no trace that begins with ab is remembered/);
  await assert.rejects(show("xyz"), /"xyz" is no trace id/);
  await assert.rejects(list("limit=0"), /limit must be from 1 to 1000/);
});

test("what cannot be used is counted, and harms nothing", async () => {
  const client = await connect("odd");
  const metric = (name: string) => controllerMetric(controller, name);
  const refused = (await metric("spans_refused_total")) ?? 0;
  const good = { span: 1, kind: "SPAN_KIND_CLIENT", atMs: 0, forMs: 1 } as const;
  await send(client, { ...good, kind: "SPAN_KIND_INTERNAL" });
  await send(client, { ...good, traceId: "0".repeat(32) });
  await send(client, { ...good, traceId: "abcd" });
  await send(client, { ...good, span: 0 });
  await send(client, { ...good, parent: 1 });
  await send(client, { ...good, forMs: -1 });
  assert.equal(await metric("spans_refused_total"), refused + 6);
  assert.deepEqual((await list("workload=odd")).traces, []);
  assert.equal(await metric("traces"), 2);
});

test("a connection that has not introduced itself may not report", async () => {
  const client = await connect("stranger", false);
  await assert.rejects(send(client), { code: grpc.status.FAILED_PRECONDITION });
});

test("every proxy is told how many requests begin a trace, and of every change", async () => {
  const proxy = await fakeProxy(controller, "sampled");
  const rate = () => {
    const bytes = proxy.held.get("PROXY_CONFIG default/sampled");
    return bytes === undefined ? undefined : ProxyConfig.decode(bytes).tracesPerMillion;
  };
  proxy.client.subscribe(TYPE_URL.PROXY_CONFIG, "default/sampled");
  await until(() => rate() === 10_000, "one in a hundred");
  const config = kind("MeshConfig");
  for (const [percent, perMillion] of [
    [0, 0],
    [100, 1_000_000],
    [0.25, 2_500],
  ] as const) {
    await controller.client.patch(config, "default", undefined, { spec: { tracing: { samplingPercent: percent } } });
    await until(() => rate() === perMillion, `${percent} %`);
  }
  await controller.client.patch(config, "default", undefined, { spec: { tracing: null } });
  await until(() => rate() === 10_000, "one in a hundred again");
  const refused = controller.client.patch(config, "default", undefined, { spec: { tracing: { samplingPercent: 101 } } });
  await assert.rejects(refused, /spec\.tracing\.samplingPercent/);
  proxy.client.close();
});
