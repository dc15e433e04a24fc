/** Answers and requests that two readers could take for different things, between the versions of HTTP. */
import assert from "node:assert/strict";
import { type Socket, connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { connect as connect2 } from "node:http2";
import { type TestContext, test } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { SIDE_CLIENT, SIDE_SERVER } from "../../../../src/proxy/http2/codec/settings.ts";
import type { Http2Stream } from "../../../../src/proxy/http2/codec/stream.ts";
import { DrivenSocket, Ignored } from "../../../conformance/http2/drive-socket.ts";
import { plain, startEngine } from "../../../support/http/engine.ts";
import { type BackendConnection, RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { until } from "../sides.ts";
import { startPair } from "./pair.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const UPGRADE = "GET /chat HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

const h2c = (socket: Socket) => ({ ...plain(socket), alpn: "h2c" });

async function backend(t: TestContext, answer: (connection: BackendConnection, owner: RawBackend) => void): Promise<RawBackend> {
  const started = await RawBackend.start(answer);
  t.after(() => started.close());
  return started;
}

/** An application that speaks HTTP/2 word for word as `answer` says. */
async function http2App(t: TestContext, answer: (driver: DrivenSocket, stream: Http2Stream) => void): Promise<number> {
  const server = createServer((socket) => {
    const driver = new DrivenSocket(socket, SIDE_SERVER);
    t.after(() => driver.close());
    driver.onRequest = () =>
      new (class extends Ignored {
        override head(stream: Http2Stream): void {
          answer(driver, stream);
        }
      })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** One hop in front of `port`; `http2`: for both sides. */
async function hop(t: TestContext, port: number, options: { app2?: boolean; client2?: boolean }): Promise<number> {
  const view = new StubView([]);
  view.addService("api", 80, [endpoint(port)], [], options.app2 === true ? Protocol.HTTP2 : Protocol.HTTP);
  const engine = startEngine({ view });
  t.after(() => engine.close());
  return engine.listen(engine.outbound.upstream(DESTINATION), options.client2 === true ? h2c : plain);
}

async function client(t: TestContext, port: number): Promise<RawClient> {
  const made = await RawClient.connect(port);
  t.after(() => made.close());
  return made;
}

test("an answer without a body stays one when HTTP/2 tells its end in a frame of its own", async (t) => {
  const port = await http2App(t, ({ connection }, stream) => {
    const status = stream.path === "/304" ? "304" : "200";
    connection.sendHead(stream, [":status", status, "x-path", stream.path], false);
    connection.sendData(stream, Buffer.alloc(0), 0, 0, true);
  });
  const asking = await client(t, await hop(t, port, { app2: true }));
  asking.send("HEAD /head HTTP/1.1\r\nHost: api\r\n\r\nGET /304 HTTP/1.1\r\nHost: api\r\n\r\nHEAD /last HTTP/1.1\r\nHost: api\r\n\r\n");
  await asking.untilText("x-path: /last\r\n\r\n");
  const parts = asking.text.split("\r\n\r\n").filter((part) => part !== "");
  assert.deepEqual(
    parts.map((part) => part.slice(0, 12)),
    ["HTTP/1.1 200", "HTTP/1.1 304", "HTTP/1.1 200"],
    asking.text,
  );
});

test("extended CONNECT with a length is refused: as GET it would swallow the next request", async (t) => {
  const app = await backend(t, answering(OK));
  const socket = connect({ port: await hop(t, app.port, { client2: true }), host: "127.0.0.1" });
  const driver = new DrivenSocket(socket, SIDE_CLIENT);
  t.after(() => driver.close());
  const statuses: number[] = [];
  class Reading extends Ignored {
    override head(stream: Http2Stream): void {
      statuses.push(stream.status);
    }
  }
  await until("SETTINGS", () => driver.connection.peer.seen);
  const head = [":method", "CONNECT", ":scheme", "http", ":authority", "api", ":path", "/", ":protocol", "websocket"];
  driver.connection.request(new Reading(), [...head, "content-length", "5"], true);
  driver.flush();
  await until("an answer", () => statuses.length === 1);
  assert.deepEqual(statuses, [400]);
  assert.equal(app.text, "");
});

test("an application that ignores an upgrade is heard, also behind two proxies", async (t) => {
  const app = await backend(t, answering(OK));
  const { port } = await startPair(t, { appPort: app.port });
  const asking = await client(t, port);
  asking.send(UPGRADE);
  await asking.untilText("ok");
  assert.match(asking.text, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(asking.text, /x-meshctl|upgrade/i);
  asking.received = Buffer.alloc(0);
  asking.send("GET /next HTTP/1.1\r\nHost: api\r\n\r\n");
  await asking.untilText("ok");
});

test("success without the upgrade is no success for extended CONNECT", async (t) => {
  const app = await backend(t, answering(OK));
  const session = connect2(`http://127.0.0.1:${await hop(t, app.port, { client2: true })}`);
  t.after(() => session.destroy());
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  const stream = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/", ":authority": "api", ":scheme": "http" });
  const status = await new Promise((resolve, reject) => {
    stream.on("response", (head) => resolve(head[":status"]));
    stream.on("error", reject);
  });
  assert.equal(status, 502);
  stream.destroy();
});

test("a request sent again on another connection is the one that was asked for", async (t) => {
  let asked = 0;
  const app = await backend(t, (connection, owner) => {
    const text = connection.received.toString("latin1");
    asked = text.split("\r\n\r\n").length - 1;
    const first = owner.connections.indexOf(connection) === 0;
    if (!(first && asked > 1)) connection.socket.write(OK);
  });
  const port = await hop(t, app.port, {});
  const one = await client(t, port);
  one.send("GET /first HTTP/1.1\r\nHost: api\r\n\r\n");
  await one.untilText("ok");
  one.received = Buffer.alloc(0);
  one.send("GET /mine HTTP/1.1\r\nHost: api\r\nX-Whose: mine\r\n\r\n");
  await until("the second request", () => asked > 1);
  const [first] = app.connections;
  const other = await client(t, port);
  other.send("GET /else HTTP/1.1\r\nHost: api\r\nX-Whose: somebody else's, and long enough\r\n\r\n");
  await other.untilText("ok");
  first?.socket.resetAndDestroy();
  await one.untilText("ok");
  const last = app.connections.at(-1)?.received.toString("latin1") ?? "";
  assert.match(last, /^GET \/mine HTTP\/1\.1\r\nHost: api\r\nX-Whose: mine\r\n/m);
});

test("trailers that wait for their reader are those of their own answer", async (t) => {
  const body = "b".repeat(5_000);
  const app = await backend(
    t,
    answering((head) => {
      const big = head.startsWith("GET /big");
      const text = big ? body : "small";
      return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\nX-Sum: ${big ? "of the big one" : "of another   "}\r\n\r\n`;
    }),
  );
  const port = await hop(t, app.port, { client2: true });
  const session = connect2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1_000 } });
  t.after(() => session.destroy());
  const big = session.request({ ":path": "/big", ":authority": "api" });
  const trailers: Record<string, unknown>[] = [];
  big.on("trailers", (fields) => trailers.push(fields));
  await new Promise((resolve) => big.once("response", resolve));
  await until("the request", () => app.connections.length === 1);
  for (let count = 0; count < 5; count += 1) {
    const small = session.request({ ":path": "/small", ":authority": "api" });
    small.resume();
    await new Promise((resolve) => small.once("close", resolve));
  }
  big.resume();
  await new Promise((resolve) => big.once("close", resolve));
  assert.equal(trailers[0]?.["x-sum"], "of the big one");
});

test("a body held back for an upstream that then turns it away goes on to the next", async (t) => {
  const sockets: Socket[] = [];
  let first = 0;
  let second = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    const turnsAway = sockets.length === 1;
    const driver = new DrivenSocket(socket, SIDE_SERVER, turnsAway ? { streamWindow: 1_000 } : {});
    t.after(() => driver.close());
    driver.onRequest = () =>
      new (class extends Ignored {
        override head(stream: Http2Stream, last: boolean): void {
          if (last) driver.connection.sendHead(stream, [":status", "200", "content-length", "0"], true);
        }
        override data(stream: Http2Stream, _bytes: Buffer, start: number, end: number): void {
          if (turnsAway) first += end - start;
          else {
            second += end - start;
            driver.connection.consume(stream, end - start);
          }
        }
        override end(stream: Http2Stream): void {
          driver.connection.sendHead(stream, [":status", "201"], true);
        }
      })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const asking = await client(t, await hop(t, (server.address() as AddressInfo).port, { app2: true }));
  asking.send("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
  await asking.untilText("200 OK");
  asking.send(`POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 20000\r\n\r\n${"h".repeat(10_000)}`);
  await until("what the window lets through", () => first === 1_000);
  // GOAWAY: nothing above the first stream was acted on.
  sockets[0]?.write(Buffer.from("0000080700000000000000000100000000", "hex"));
  await until("another connection", () => second === 10_000);
  asking.send("h".repeat(10_000));
  await asking.untilText("HTTP/1.1 201");
  assert.equal(second, 20_000);
});
