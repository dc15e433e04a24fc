/** Who may be silent for how long (docs/http2.md, "Time"): clients that owe bytes not long, answers and calls for long. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Http2Server, connect, createServer as createServer2 } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { type TestContext, test } from "node:test";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { DATA, END_STREAM, frame, headers } from "../../../unit/proxy/http2/frames.ts";
import { Http2Peer } from "../../../support/http2/peer.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { until } from "../sides.ts";
import { type PairOptions, type Pair, startPair } from "./pair.ts";

/** Far more than a busy machine may be late by. */
const SHORT_MS = 800;
const CANCEL = 8;

interface App {
  readonly port: number;
  /** Bodies that ended, whole or not. */
  readonly bodies: { readonly length: number; readonly whole: boolean }[];
}

/** Reads bodies (`/unread` only when {@link release} is called) and then answers; `/early` answers first; `/late` after 4 × {@link SHORT_MS}. */
async function startApp(t: TestContext, version: 1 | 2, release: Promise<void> = Promise.resolve()): Promise<App> {
  const bodies: { length: number; whole: boolean }[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let length = 0;
    request.on("error", () => {});
    response.on("error", () => {});
    let whole = true;
    request.on("aborted", () => (whole = false));
    request.on("close", () => bodies.push({ length, whole }));
    if (request.url === "/early") response.write("early ");
    if (request.url === "/unread") await release;
    if (request.url === "/late") await new Promise((resolve) => setTimeout(resolve, 4 * SHORT_MS));
    request.on("data", (chunk: Buffer) => (length += chunk.length));
    request.on("end", () => response.end("fine"));
  };
  const server: Server | Http2Server = version === 1 ? createServer(handle as never) : createServer2(handle as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    if ("closeAllConnections" in server) (server as unknown as { closeAllConnections(): void }).closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, bodies };
}

function pairOf(t: TestContext, options: PairOptions): Promise<Pair> {
  return startPair(t, { ...options, limits: { idleConnectionMs: SHORT_MS, ...options.limits } });
}

function post(path: string, ...more: readonly string[]): readonly string[] {
  return [":method", "POST", ":scheme", "http", ":authority", "api", ":path", path, ...more];
}

for (const version of [1, 2] as const) {
  test(`a request body that stays away ends its request, and no other: application of HTTP/${version}`, async (t) => {
    const app = await startApp(t, version);
    const { port, outer, outboundSide, inboundSide } = await pairOf(t, {
      appPort: app.port,
      protocol: version === 1 ? Protocol.HTTP : Protocol.HTTP2,
    });
    const peer = await Http2Peer.connect(port);
    const [silent, trickling] = [peer.nextId(), peer.nextId()];
    const startedMs = performance.now();
    peer.send(headers(silent, post("/silent"), 0x4), frame(DATA, 0, silent, Buffer.from("some")), headers(trickling, post("/"), 0x4));
    // One byte now and then, for three times as long.
    while (performance.now() - startedMs < 3 * SHORT_MS) {
      peer.send(frame(DATA, 0, trickling, Buffer.from("x")));
      await new Promise((resolve) => setTimeout(resolve, SHORT_MS / 20));
    }
    await peer.until("the end of the silent one", () => peer.message(silent).over);
    assert.deepEqual([peer.message(silent).reset, peer.message(silent).head], [CANCEL, null]);
    await until("the application's view of it", () => app.bodies.some(({ whole }) => !whole));
    peer.send(frame(DATA, END_STREAM, trickling));
    await peer.until("the answer to the other", () => peer.message(trickling).over);
    assert.deepEqual([peer.message(trickling).status, peer.message(trickling).body], [200, "fine"]);
    await until("every exchange", () => outboundSide.activeRequests + inboundSide.activeRequests === 0);
    assert.equal(outer.observer.records.find(({ path }) => path === "/silent")?.reason, "idle-timeout");
    peer.close();
  });
}

test("an answer may take its time, and one that has begun leaves its client time too", async (t) => {
  const app = await startApp(t, 2);
  const { port } = await pairOf(t, { appPort: app.port, protocol: Protocol.HTTP2 });
  const peer = await Http2Peer.connect(port);
  const [late, early] = [peer.nextId(), peer.nextId()];
  peer.send(headers(late, post("/late")), headers(early, post("/early"), 0x4), frame(DATA, 0, early, Buffer.from("some")));
  await peer.until("the late answer", () => peer.message(late).over);
  assert.deepEqual([peer.message(late).status, peer.message(early).over], [200, false]);
  peer.send(frame(DATA, END_STREAM, early));
  await peer.until("the early answer's end", () => peer.message(early).over);
  assert.equal(peer.message(early).body, "early fine");
  peer.close();
});

test("an application that does not read is not its client's fault", async (t) => {
  let release: () => void = () => {};
  const app = await startApp(t, 2, new Promise((resolve) => (release = resolve)));
  const { port, outer } = await pairOf(t, { appPort: app.port, protocol: Protocol.HTTP2 });
  const session = connect(`http://127.0.0.1:${port}`);
  t.after(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": "/unread", ":authority": "api" });
  let status = 0;
  stream.on("response", (head) => (status = Number(head[":status"])));
  stream.on("error", () => {});
  stream.end(Buffer.alloc(4 * 1_024 * 1_024));
  const startedMs = performance.now();
  await until("several times the patience", () => performance.now() - startedMs > 4 * SHORT_MS, 10_000);
  assert.deepEqual([stream.closed, outer.observer.records.length], [false, 0]);
  release();
  stream.resume();
  await until("the answer", () => status === 200, 10_000);
});

test("a call of gRPC may be silent for long, on both sides", async (t) => {
  const app = await startApp(t, 2);
  const { port } = await pairOf(t, { appPort: app.port, protocol: Protocol.GRPC });
  const peer = await Http2Peer.connect(port);
  const id = peer.nextId();
  peer.send(headers(id, post("/", "content-type", "application/grpc+proto"), 0x4), frame(DATA, 0, id, Buffer.from("some")));
  const startedMs = performance.now();
  await until("several times the patience", () => performance.now() - startedMs > 4 * SHORT_MS, 10_000);
  assert.equal(peer.message(id).over, false);
  peer.send(frame(DATA, END_STREAM, id));
  await peer.until("the answer", () => peer.message(id).over);
  assert.equal(peer.message(id).body, "fine");
  peer.close();
});

test("HTTP/1: an exchange on which nothing moves any more ends, late", async (t) => {
  const app = await startApp(t, 1, new Promise(() => {}));
  const { port, outer } = await pairOf(t, { appPort: app.port, limits: { idleConnectionMs: 50, idleStreamMs: 400 } });
  const client = await RawClient.connect(port);
  const startedMs = performance.now();
  client.send("GET /unread HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.untilClosed();
  assert.ok(performance.now() - startedMs >= 399);
  assert.equal(client.text, "");
  await until("its record", () => outer.observer.records[0]?.reason === "idle-timeout");
});
