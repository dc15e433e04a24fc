import assert from "node:assert/strict";
import { type Socket, createServer } from "node:net";
import { afterEach, test } from "node:test";
import type { AddressInfo } from "node:net";
import type { Transport } from "../../../../src/proxy/contract.ts";
import type { Endpoint } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { type TestEngine, plainDialer, startEngine } from "../../../support/http/engine.ts";
import { type BackendConnection, RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { until } from "../sides.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhello";
const IDENTITY = "spiffe://cluster.local/ns/default/sa/api";
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

async function backend(answer: (connection: BackendConnection, owner: RawBackend) => void): Promise<RawBackend> {
  const started = await RawBackend.start(answer);
  cleanup.push(() => started.close());
  return started;
}

/** A port nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(endpoints: readonly Endpoint[]): Promise<{ engine: TestEngine; client: RawClient }> {
  const dress = (socket: Socket, identity: string): Transport => ({
    socket,
    peerIdentity: identity,
    mtls: identity !== "",
    alpn: identity === "" ? "" : "meshctl/h1",
  });
  const engine = startEngine({ view: new StubView(endpoints), dialer: plainDialer(dress) });
  cleanup.push(() => engine.close());
  const client = await RawClient.connect(await engine.listen(engine.outbound.upstream(DESTINATION)));
  cleanup.push(() => client.close());
  return { engine, client };
}

/** Answers `answers` times, then closes at the next request without a byte. */
function closingAfter(answers: number): (connection: BackendConnection, owner: RawBackend) => void {
  return (connection, owner) => {
    const asked = connection.received.toString("latin1").split("\r\n\r\n").length - 1;
    if (owner.connections.indexOf(connection) > 0 || asked <= answers) connection.socket.write(OK);
    else connection.socket.resetAndDestroy();
  };
}

test("an endpoint that refuses the connection costs nothing: the next one answers", async () => {
  const good = await backend(answering(OK));
  const { engine, client } = await start([endpoint(await closedPort()), endpoint(await closedPort()), endpoint(good.port)]);
  for (let count = 0; count < 10; count += 1) {
    client.received = Buffer.alloc(0);
    client.send(POST);
    await client.untilText("ok");
  }
  assert.ok(engine.observer.records.every(({ status, attempts }) => status === 200 && attempts <= 3));
  assert.ok(engine.observer.records.some(({ attempts }) => attempts > 1));
});

test("after three endpoints the caller is told", async () => {
  const { engine, client } = await start(await Promise.all(Array.from({ length: 5 }, async () => endpoint(await closedPort()))));
  client.send(GET);
  await client.untilText("request: ");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: connect-failed\r\n/);
  assert.equal(engine.observer.records[0]?.attempts, 3);
});

test("without an endpoint the reason is no-endpoints", async () => {
  const { client } = await start([]);
  client.send(GET);
  await client.untilText("request: ");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: no-endpoints\r\n/);
});

test("a fresh mesh connection that closes before it answered was never up: another endpoint gets the request, body and all", async () => {
  const refusing = await backend(({ socket }) => void socket.end());
  const good = await backend(({ socket, received }) => {
    if (received.toString().endsWith("hello")) socket.write(OK);
  });
  const { engine, client } = await start([endpoint(refusing.port, IDENTITY), endpoint(good.port, IDENTITY)]);
  for (let count = 0; count < 6; count += 1) {
    client.received = Buffer.alloc(0);
    client.send(POST);
    await client.untilText("ok");
  }
  assert.ok(refusing.connections.length > 0, "the refusing endpoint was never asked");
  assert.ok(engine.observer.records.every(({ status }) => status === 200));
});

test("when every mesh endpoint closes like that, the reason is peer-refused-identity", async () => {
  const refusing = await backend(({ socket }) => void socket.destroy());
  const { client } = await start([endpoint(refusing.port, IDENTITY)]);
  client.send(GET);
  await client.untilText("request: ");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: peer-refused-identity\r\n/);
});

test("a fresh plaintext connection that closes without an answer may have acted: no second try", async () => {
  const dropping = await backend(({ socket }) => void socket.destroy());
  const { client } = await start([endpoint(dropping.port)]);
  client.send(GET);
  await client.untilText("request: ");
  assert.match(client.text, /^HTTP\/1\.1 502 [^]*x-meshctl-reason: upstream-reset\r\n/);
  assert.equal(dropping.connections.length, 1);
});

test("a reset on a reused connection before any answer byte is tried once more when the method allows it", async () => {
  const flaky = await backend(closingAfter(1));
  const { engine, client } = await start([endpoint(flaky.port)]);
  client.send(GET);
  await client.untilText(OK);
  client.send(GET);
  await client.untilText(OK + OK);
  assert.equal(flaky.connections.length, 2);
  assert.equal(engine.observer.records[1]?.attempts, 2);
});

test("… but not for POST", async () => {
  const flaky = await backend(closingAfter(1));
  const { client } = await start([endpoint(flaky.port)]);
  client.send(GET);
  await client.untilText(OK);
  client.send("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 0\r\n\r\n");
  await client.untilText("request: ");
  assert.match(client.text, /HTTP\/1\.1 502 [^]*x-meshctl-reason: upstream-reset\r\n/);
  assert.equal(flaky.connections.length, 1);
});

test("… and not twice", async () => {
  const flaky = await backend((connection, owner) => {
    const asked = connection.received.toString("latin1").split("\r\n\r\n").length - 1;
    if (owner.connections.length === 1 && asked === 1) connection.socket.write(OK);
    else connection.socket.resetAndDestroy();
  });
  const { client } = await start([endpoint(flaky.port)]);
  client.send(GET);
  await client.untilText(OK);
  client.send(GET);
  await client.untilText("request: ");
  assert.match(client.text, /HTTP\/1\.1 502 [^]*x-meshctl-reason: upstream-reset\r\n/);
  assert.equal(flaky.connections.length, 2);
});

test("a connection the upstream announced to close soon is not used again", async () => {
  const shy = await backend(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok"));
  const { client } = await start([endpoint(shy.port)]);
  client.send(GET);
  await client.untilText("ok");
  client.received = Buffer.alloc(0);
  client.send(GET);
  await client.untilText("ok");
  assert.equal(shy.connections.length, 2);
});

/** What a peer's proxy says for its application. */
function refusal(reason: string): string {
  return `HTTP/1.1 503 Service Unavailable\r\nx-meshctl-reason: ${reason}\r\nContent-Length: 6\r\n\r\nnot me`;
}

for (const reason of ["app-unreachable", "draining", "overloaded"]) {
  test(`a peer that says ${reason} did nothing: another endpoint gets the request, body and all`, async () => {
    const refusing = await backend(answering(refusal(reason)));
    const good = await backend(({ socket, received }) => {
      if (received.toString().endsWith("hello")) socket.write(OK);
      received.fill(0);
    });
    const { engine, client } = await start([endpoint(refusing.port, IDENTITY), endpoint(good.port, IDENTITY)]);
    for (let count = 0; count < 20; count += 1) {
      client.received = Buffer.alloc(0);
      client.send(POST);
      await client.untilText("ok");
      assert.doesNotMatch(client.text, /not me|x-meshctl-reason/);
    }
    const { records } = engine.observer;
    assert.ok(records.every(({ status, reason: told, responseBytes }) => status === 200 && told === "" && responseBytes === 2));
    const twice = records.filter(({ attempts }) => attempts === 2).length;
    assert.ok(twice > 0 && twice <= 3, `${twice} of 20 went to the endpoint that only refuses`);
    assert.equal(refusing.connections.length, 1, "its connection is kept");
  });
}

test("a peer that refuses in the middle of a body: what was sent and what follows goes to another endpoint", async () => {
  const refusing = await backend(answering(refusal("app-unreachable")));
  const good = await backend(({ socket, received }) => {
    if (received.toString().endsWith("hello")) socket.write(OK);
  });
  const { engine, client } = await start([endpoint(refusing.port, IDENTITY), endpoint(good.port, IDENTITY)]);
  for (let count = 0; count < 5; count += 1) {
    client.received = Buffer.alloc(0);
    client.send("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhe");
    await until("the good one has the request", () => good.text.endsWith("\r\n\r\nhe"));
    client.send("llo");
    await client.untilText("ok");
    assert.match(good.text, /\r\n\r\nhello$/);
  }
  assert.ok(refusing.connections.length > 0, "the refusing endpoint was never asked");
  assert.ok(engine.observer.records.every(({ status, requestBytes }) => status === 200 && requestBytes === 5));
});

test("a refusal after more of the body than is kept is passed on", async () => {
  const body = 1_024 * 1_024;
  const answered = new WeakSet<BackendConnection>();
  const refusing = await backend((connection) => {
    if (connection.received.length < body || answered.has(connection)) return;
    answered.add(connection);
    connection.socket.write(refusal("app-unreachable"));
  });
  const { engine, client } = await start([endpoint(refusing.port, IDENTITY), endpoint(refusing.port, IDENTITY, "127.0.0.2")]);
  client.send(`POST / HTTP/1.1\r\nHost: api\r\nContent-Length: ${body}\r\n\r\n${"x".repeat(body)}`);
  await client.untilText("not me");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: app-unreachable\r\n/);
  assert.deepEqual(
    engine.observer.records.map(({ reason, attempts }) => ({ reason, attempts })),
    [{ reason: "app-unreachable", attempts: 1 }],
  );
});

test("after three refusals the last one is the answer", async () => {
  const refusing = await Promise.all(Array.from({ length: 5 }, () => backend(answering(refusal("overloaded")))));
  const { engine, client } = await start(refusing.map(({ port }) => endpoint(port, IDENTITY)));
  client.send(GET);
  await client.untilText("not me");
  assert.match(client.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: overloaded\r\n/);
  assert.equal(engine.observer.records[0]?.attempts, 3);
});

test("a peer that goes away in the middle of its refusal changes nothing", async () => {
  const refusing = await backend(({ socket }) => void socket.end(refusal("app-unreachable").slice(0, -3)));
  const good = await backend(answering(OK));
  const { engine, client } = await start([endpoint(refusing.port, IDENTITY), endpoint(good.port, IDENTITY)]);
  for (let count = 0; count < 10; count += 1) {
    client.received = Buffer.alloc(0);
    client.send(GET);
    await client.untilText("ok");
  }
  assert.ok(refusing.connections.length > 0, "the refusing endpoint was never asked");
  assert.ok(engine.observer.records.every(({ status }) => status === 200));
});

test("other reasons, and the same words without mutual TLS, are answers", async () => {
  for (const [reason, identity] of [
    ["fault-abort", IDENTITY],
    ["upstream-reset", IDENTITY],
    ["app-unreachable", ""],
  ] as const) {
    const both = await Promise.all([0, 1].map(() => backend(answering(refusal(reason)))));
    const { engine, client } = await start(both.map(({ port }) => endpoint(port, identity)));
    client.send(GET);
    await client.untilText("not me");
    assert.equal(engine.observer.records[0]?.attempts, 1, reason);
  }
});
