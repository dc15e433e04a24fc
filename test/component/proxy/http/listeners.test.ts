import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { compileOutbound } from "../../../../src/decide/outbound.ts";
import { Outbound, Policy, Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Fault } from "../../../../src/messages/gen/meshctl/policy/v1/fault.ts";
import { type TestEngine, type TestEngineOptions, startEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { until } from "../sides.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

interface Setup {
  readonly backend: RawBackend;
  readonly engine: TestEngine;
  readonly view: StubView;
  connect(side?: "proxy" | "upstream" | "inbound"): Promise<RawClient>;
}

async function start(options: Partial<TestEngineOptions> & { fault?: Fault; inboundFault?: Fault } = {}): Promise<Setup> {
  const backend = await RawBackend.start(answering(OK));
  cleanup.push(() => backend.close());
  const policy = (fault: Fault | undefined) =>
    fault === undefined
      ? []
      : [Policy.fromPartial({ id: "fault", config: Buffer.from(Fault.encode(fault).finish()), origin: "FaultInjection/default/api" })];
  const view = new StubView([endpoint(backend.port)], policy(options.fault));
  view.addInbound(backend.port, policy(options.inboundFault));
  const engine = startEngine({ view, ...options });
  cleanup.push(() => engine.close());
  return {
    backend,
    engine,
    view,
    async connect(kind = "proxy") {
      const { outbound, inbound } = engine;
      const side = kind === "proxy" ? outbound.proxy() : kind === "upstream" ? outbound.upstream(DESTINATION) : inbound.port(backend.port);
      const client = await RawClient.connect(await engine.listen(side));
      cleanup.push(() => client.close());
      return client;
    },
  };
}

function always(part: { delayMs?: number; status?: number }): Fault {
  return Fault.fromPartial({
    rules: [
      {
        ...(part.delayMs === undefined ? {} : { delay: { fixedMs: part.delayMs, basisPoints: 10_000 } }),
        ...(part.status === undefined ? {} : { abort: { httpStatus: part.status, basisPoints: 10_000 } }),
      },
    ],
  });
}

async function answerTo(client: RawClient, request: string): Promise<string> {
  client.send(request);
  await client.until((c) => c.text.endsWith("ok") || c.text.includes("\nrequest: ") || c.ended || c.closed, "an answer");
  return client.text;
}

test("HTTP_PROXY: an absolute target says where to go and replaces Host", async () => {
  const { backend, connect } = await start();
  const text = await answerTo(await connect(), "GET http://api/x HTTP/1.1\r\nHost: other\r\n\r\n");
  assert.equal(text, OK);
  assert.match(backend.text, /^GET \/x HTTP\/1\.1\r\nHost: api\r\nx-request-id: /);
});

test("HTTP_PROXY: origin form goes by its Host", async () => {
  const { connect } = await start();
  assert.equal(await answerTo(await connect(), GET), OK);
});

for (const [name, target, status, reason] of [
  ["a host that is no service", "http://www.example.com/", 404, "unknown-destination"],
  ["a service nobody knows", "http://nobody/", 404, "unknown-destination"],
  ["loopback", "http://127.0.0.1:8080/", 403, "forbidden-target"],
  ["loopback in another spelling", "http://127.1.2.3/", 403, "forbidden-target"],
  ["loopback by name", "http://localhost:15000/", 403, "forbidden-target"],
  ["loopback of IPv6", "http://[::1]:80/", 403, "forbidden-target"],
  ["loopback of IPv4 in IPv6", "http://[::ffff:127.0.0.1]/", 403, "forbidden-target"],
  ["link-local", "http://169.254.169.254/latest/meta-data", 403, "forbidden-target"],
] as const) {
  test(`HTTP_PROXY: ${name} is answered ${status} ${reason}`, async () => {
    const { backend, connect } = await start();
    const text = await answerTo(await connect(), `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} [^]*x-meshctl-reason: ${reason}\\r\\n[^]*next: `));
    assert.equal(backend.connections.length, 0);
  });
}

test("CONNECT hands the connection over, with what came behind it", async () => {
  let got = "";
  const { connect } = await start({
    opaque: ({ socket }, destination) => {
      got = destination;
      socket.on("data", (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
      socket.on("error", () => {});
      socket.resume();
    },
  });
  const client = await connect();
  client.send("CONNECT api:80 HTTP/1.1\r\nHost: api:80\r\n\r\nfirst");
  await client.untilText("echo first");
  assert.equal(client.text, "HTTP/1.1 200 Connection established\r\n\r\necho first");
  assert.equal(got, DESTINATION);
  client.send(" second");
  await client.untilText("echo  second");
});

test("CONNECT to what is no service is refused, and elsewhere than on HTTP_PROXY too", async () => {
  const { connect } = await start();
  assert.match(await answerTo(await connect(), "CONNECT nobody:1 HTTP/1.1\r\nHost: nobody:1\r\n\r\n"), /^HTTP\/1\.1 404 /);
  assert.match(await answerTo(await connect("upstream"), "CONNECT api:80 HTTP/1.1\r\nHost: api:80\r\n\r\n"), /^HTTP\/1\.1 400 /);
  assert.match(await answerTo(await connect("inbound"), "CONNECT api:80 HTTP/1.1\r\nHost: api:80\r\n\r\n"), /^HTTP\/1\.1 400 /);
});

test("a destination that is not there yet is waited for, its request with its body", async () => {
  const { backend, connect, view } = await start();
  const stack = view.stacks.get(DESTINATION);
  view.stacks.delete(DESTINATION);
  view.late.set(DESTINATION, stack as NonNullable<typeof stack>);
  const text = await answerTo(await connect("upstream"), "POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhello");
  assert.equal(text, OK);
  assert.match(backend.text, /\r\n\r\nhello$/);
});

test("no route, no backend, an invalid backend", async () => {
  const { connect, view } = await start();
  const set = (routes: Outbound["routes"]) =>
    view.stacks.set(DESTINATION, compileOutbound(DESTINATION, Outbound.fromPartial({ protocol: Protocol.HTTP, routes })));
  const client = async () => connect("upstream");
  const { routes } = Outbound.fromPartial({ routes: [{ origin: "HTTPRoute/default/r", matches: [{ method: "PUT" }], backends: [] }] });
  set(routes);
  assert.match(await answerTo(await client(), GET), /^HTTP\/1\.1 404 [^]*x-meshctl-reason: no-route\r\n/);
  set(Outbound.fromPartial({ routes: [{ origin: "HTTPRoute/default/r", backends: [{ endpoints: DESTINATION, weight: 0 }] }] }).routes);
  assert.match(await answerTo(await client(), GET), /^HTTP\/1\.1 500 [^]*x-meshctl-reason: no-backends\r\n/);
  set(
    Outbound.fromPartial({ routes: [{ origin: "HTTPRoute/default/r", backends: [{ endpoints: "x", weight: 1, invalid: "gone" }] }] })
      .routes,
  );
  assert.match(await answerTo(await client(), GET), /^HTTP\/1\.1 500 [^]*x-meshctl-reason: invalid-backend\r\n/);
});

test("a fault answers in the caller's proxy, and the connection goes on", async () => {
  const { backend, connect, engine } = await start({ fault: always({ status: 503 }) });
  const client = await connect("upstream");
  client.send(GET + GET);
  await client.until((c) => c.text.split("\nrequest: ").length === 3, "two answers");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: fault-abort\r\n/);
  assert.doesNotMatch(client.text, /x-meshctl-policy|connection: close/);
  assert.equal(backend.connections.length, 0);
  assert.match(engine.observer.records[0]?.policy ?? "", /^FaultInjection\/default\/api/);
});

test("a fault on a request with a body reads the body and goes on", async () => {
  const { connect } = await start({ fault: always({ status: 503 }) });
  const client = await connect("upstream");
  client.send(`POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhel`);
  await client.untilText("\nrequest: ");
  client.send(`lo${GET}`);
  await client.until((c) => c.text.split("\nrequest: ").length === 3, "two answers");
  assert.doesNotMatch(client.text, /connection: close/);
});

test("a fault that resets", async () => {
  const { connect, engine } = await start({ fault: always({ status: 0 }) });
  const client = await connect("upstream");
  client.send(GET);
  await client.until((c) => c.closed, "the reset");
  assert.equal(client.error, "ECONNRESET");
  assert.equal(engine.observer.records[0]?.reason, "fault-reset");
});

test("a delay holds the request, body and all, and then lets it go", async () => {
  const { backend, connect, engine } = await start({ fault: always({ delayMs: 60 }) });
  const text = await answerTo(await connect("upstream"), "POST / HTTP/1.1\r\nHost: api\r\nX-Kept: yes\r\nContent-Length: 5\r\n\r\nhello");
  assert.equal(text, OK);
  assert.match(backend.text, /X-Kept: yes\r\n[^]*\r\n\r\nhello$/);
  assert.ok((engine.observer.records[0]?.durationMs ?? 0) >= 59);
});

test("a client that leaves during a delay is forgotten, its timer too", async () => {
  const { backend, connect, engine } = await start({ fault: always({ delayMs: 3_600_000 }) });
  const lasting = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const client = await connect("upstream");
  const before = lasting();
  client.send(GET);
  await until("the delay", () => lasting() > before);
  client.socket.resetAndDestroy();
  await until("its end", () => engine.observer.records.length === 1);
  assert.equal(lasting(), before);
  assert.equal(backend.connections.length, 0);
  assert.equal(engine.observer.records[0]?.reason, "downstream-reset");
});

test("after a delay the next request of another client is answered", async () => {
  const { backend, connect, engine } = await start({ fault: always({ delayMs: 60 }) });
  const client = await connect("upstream");
  client.send(GET);
  client.socket.resetAndDestroy();
  const other = await connect("upstream");
  await answerTo(other, GET);
  assert.equal(backend.connections.length, 1);
  assert.equal(engine.observer.records.filter(({ reason }) => reason === "downstream-reset").length, 1);
});

test("inbound: an application that does not listen is app-unreachable", async () => {
  const { backend, connect, engine } = await start();
  const client = await connect("inbound");
  await backend.close();
  cleanup.splice(0, 1);
  client.send(GET);
  await client.untilText("\nrequest: ");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: app-unreachable\r\n/);
  assert.equal(engine.observer.records[0]?.direction, "inbound");
});

test("inbound: a fault for the workload acts here; a port without configuration is no-config", async () => {
  const { connect, engine, view } = await start({ inboundFault: always({ status: 418 }) });
  assert.match(await answerTo(await connect("inbound"), GET), /^HTTP\/1\.1 418 [^]*x-meshctl-reason: fault-abort\r\n/);
  view.inbounds.clear();
  assert.match(await answerTo(await connect("inbound"), GET), /^HTTP\/1\.1 503 [^]*x-meshctl-reason: no-config\r\n/);
  assert.equal(engine.observer.records.length, 2);
});

test("taps see header lines only while somebody wants them", async () => {
  const { connect, engine } = await start();
  engine.observer.wantsHeaders = true;
  await answerTo(await connect("upstream"), "GET / HTTP/1.1\r\nHost: api\r\nX-One: 1\r\n\r\n");
  assert.deepEqual(engine.observer.records[0]?.requestHeaders, ["Host", "api", "X-One", "1"]);
  assert.deepEqual(engine.observer.records[0]?.responseHeaders, ["Content-Length", "2"]);
});
