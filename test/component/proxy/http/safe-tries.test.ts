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
