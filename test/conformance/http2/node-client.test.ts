/** `node:http2`'s client (nghttp2) against our server side. */
import assert from "node:assert/strict";
import { type ClientHttp2Session, connect } from "node:http2";
import { after, before, test } from "node:test";
import { type TestServer, startTestServer } from "./test-server.ts";

interface Reply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly interim: number[];
  readonly trailers: Record<string, unknown>;
  readonly body: Buffer;
}

let server: TestServer;
let session: ClientHttp2Session;

before(async () => {
  server = await startTestServer();
  session = connect(`http://127.0.0.1:${server.port}`);
  session.on("error", () => {});
});

after(async () => {
  session.destroy();
  await server.close();
});

function ask(
  headers: Record<string, string>,
  body: Buffer | null = null,
  trailers: Record<string, string> | null = null,
  through = session,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = through.request(headers, { endStream: body === null && trailers === null, waitForTrailers: trailers !== null });
    const reply = { status: 0, headers: {}, interim: [] as number[], trailers: {}, body: Buffer.alloc(0) };
    const pieces: Buffer[] = [];
    if (trailers !== null) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.on("headers", (interim) => reply.interim.push(Number(interim[":status"])));
    stream.on("response", (head) => Object.assign(reply, { status: Number(head[":status"]), headers: head }));
    stream.on("trailers", (list) => Object.assign(reply, { trailers: list }));
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => resolve({ ...reply, body: Buffer.concat(pieces) }));
    stream.on("error", reject);
    if (body !== null) stream.end(body);
    else if (trailers !== null) stream.end();
  });
}

test("a request and its response", async () => {
  const reply = await ask({ ":path": "/" });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers["content-type"], "text/plain");
  assert.equal(reply.body.toString(), "0123456789abcdef");
});

test("bodies of many windows, both ways, byte for byte", async () => {
  for (const size of [0, 1, 16_384, 65_535, 65_536, 3_000_001]) {
    const down = await ask({ ":path": `/bytes/${size}` });
    assert.equal(down.body.length, size);
    const body = Buffer.alloc(size, "round and round ");
    const echo = await ask({ ":path": "/echo", ":method": "POST" }, body);
    assert.ok(echo.body.equals(body), `${size}`);
  }
});

test("interim responses and trailers", async () => {
  assert.deepEqual((await ask({ ":path": "/interim" })).interim, [103]);
  const { trailers } = await ask({ ":path": "/trailers" });
  assert.equal(trailers["grpc-status"], "0");
  assert.equal(trailers["grpc-message"], "fine");
  const echoed = await ask({ ":path": "/echo", ":method": "POST" }, Buffer.from("x"), { "x-sum": "7" });
  assert.equal(echoed.trailers["x-sum"], "7");
});

test("HEAD says a length and sends nothing", async () => {
  const reply = await ask({ ":path": "/bytes/500", ":method": "HEAD" });
  assert.equal(reply.headers["content-length"], "500");
  assert.equal(reply.body.length, 0);
});

test("2,000 requests, 90 at a time, each with its own answer", async () => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < 2_000) {
      const id = next;
      next += 1;
      const reply = await ask({ ":path": "/echo", ":method": "POST", "x-echo": `value ${id % 7}` }, Buffer.from(`body ${id}`));
      assert.equal(reply.headers["x-echo"], `value ${id % 7}`);
      assert.equal(reply.body.toString(), `body ${id}`);
    }
  };
  await Promise.all(Array.from({ length: 90 }, worker));
});

test("resets arrive with their codes", async () => {
  await assert.rejects(ask({ ":path": "/reset" }), /NGHTTP2_INTERNAL_ERROR/);
  await assert.rejects(ask({ ":path": "/refuse" }), /NGHTTP2_REFUSED_STREAM/);
});

test("a header over the limits is answered 431, and the connection lives", async () => {
  const reply = await ask({ ":path": "/", "x-big": "v".repeat(28_000) });
  assert.equal(reply.status, 431);
  assert.equal((await ask({ ":path": "/" })).status, 200);
});

test("PING is answered, and SETTINGS that change under way are kept to", async () => {
  await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
  await new Promise<void>((resolve) => session.settings({ headerTableSize: 0, initialWindowSize: 20_000 }, () => resolve()));
  assert.equal((await ask({ ":path": "/bytes/200000" })).body.length, 200_000);
  await new Promise<void>((resolve) => session.settings({ headerTableSize: 4_096, initialWindowSize: 65_535 }, () => resolve()));
  assert.equal((await ask({ ":path": "/bytes/200000" })).body.length, 200_000);
});

test("CONNECT, and extended CONNECT (RFC 8441), as tunnels", async () => {
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  for (const head of [
    { ":method": "CONNECT", ":authority": "db:5432" },
    { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":authority": "a", ":path": "/chat" },
  ]) {
    const stream = session.request(head);
    stream.write("one");
    const first = await new Promise<Buffer>((resolve) => stream.once("data", resolve));
    assert.equal(first.toString(), "one");
    stream.end("two");
    let rest = "";
    for await (const piece of stream) rest += String(piece);
    assert.equal(rest, "two");
  }
});

test("a client that cancels leaves nothing behind", async () => {
  const stream = session.request({ ":path": "/bytes/100000000" });
  await new Promise((resolve) => stream.once("data", resolve));
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.destroy();
  await closed;
  assert.equal((await ask({ ":path": "/" })).status, 200);
  assert.equal(server.connections.at(-1)?.connection.activeStreams, 0);
});

test("graceful end: the request under way finishes, the session closes", async () => {
  const other = connect(`http://127.0.0.1:${server.port}`);
  await ask({ ":path": "/" }, null, null, other);
  const driver = server.connections.at(-1);
  const closed = new Promise((resolve) => other.once("close", resolve));
  const slow = ask({ ":path": "/bytes/5000000" }, null, null, other);
  driver?.connection.shutdown(performance.now());
  driver?.flush();
  assert.equal((await slow).body.length, 5_000_000);
  await closed;
  assert.equal(driver?.failure, "transport-closed");
});
