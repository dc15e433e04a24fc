import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Limits } from "../../../../src/proxy/contract.ts";
import { type TestEngine, startEngine } from "../../../support/http/engine.ts";
import { type BackendConnection, RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
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
  readonly port: number;
  client(): Promise<RawClient>;
}

async function start(answer: (connection: BackendConnection) => void, limits: Partial<Limits> = {}, maxRequests = 100): Promise<Setup> {
  const backend = await RawBackend.start(answer);
  cleanup.push(() => backend.close());
  const engine = startEngine({ view: new StubView([endpoint(backend.port)]), limits, overloadLimits: { maxRequests } });
  cleanup.push(() => engine.close());
  const port = await engine.listen(engine.outbound.upstream(DESTINATION));
  return {
    backend,
    engine,
    port,
    async client() {
      const client = await RawClient.connect(port);
      cleanup.push(() => client.close());
      return client;
    },
  };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const limit = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error(`waited 5 s for ${what}`);
    await turn();
  }
}

test("a long body sent ahead of an earlier answer arrives whole", async () => {
  const size = 1_024 * 1_024;
  let held: BackendConnection | undefined;
  const { backend, client } = await start((connection) => {
    const text = connection.received.toString("latin1");
    if (text.startsWith("GET /slow")) {
      held ??= connection;
      if (text.length > size && text.endsWith("z")) connection.socket.write(OK);
    }
  });
  const c = await client();
  c.send("GET /slow HTTP/1.1\r\nHost: api\r\n\r\n");
  c.send(`POST /ahead HTTP/1.1\r\nHost: api\r\nContent-Length: ${size}\r\n\r\n${"a".repeat(size - 1)}z`);
  await until(() => backend.text.endsWith("\r\n\r\n"), "the first request");
  (held as unknown as BackendConnection).socket.write(OK);
  await c.untilText(OK + OK);
});

test("HEAD is answered with a length and no body, and the connection goes on", async () => {
  const { client } = await start(answering((head) => (head.startsWith("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" : OK)));
  const c = await client();
  c.send(`HEAD / HTTP/1.1\r\nHost: api\r\n\r\n${GET}`);
  await c.untilText("ok");
  assert.equal(c.text, `HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n${OK}`);
});

test("204 and 304 have no body; 204 announces none", async () => {
  const answers = [
    "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\nX: 1\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    OK,
  ];
  const { client } = await start(answering(() => answers.shift() as string));
  const c = await client();
  c.send(GET + GET + GET);
  await c.untilText("ok");
  assert.equal(c.text, `HTTP/1.1 204 No Content\r\nX: 1\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n${OK}`);
});

test("a chunked answer is passed on in chunks, with its trailers", async () => {
  const { client } = await start(
    answering(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n0003;ext\r\nabc\r\n0\r\nX-T: 1\r\nContent-Length: 9\r\n\r\n",
    ),
  );
  const c = await client();
  c.send(GET);
  await c.untilText("X-T: 1\r\n\r\n");
  assert.equal(c.text, "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n");
});

test("an answer that ends with its connection becomes chunked, and the client's connection stays", async () => {
  const { client } = await start(({ socket, received }) => {
    if (received.includes("\r\n\r\n")) socket.end("HTTP/1.1 200 OK\r\n\r\nhello");
  });
  const c = await client();
  c.send(GET);
  await c.untilText("0\r\n\r\n");
  assert.equal(c.text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  assert.equal(c.ended, false);
});

test("an HTTP/1.0 client gets no chunks, and the end of the connection", async () => {
  const { backend, client } = await start(answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
  const c = await client();
  c.send("GET / HTTP/1.0\r\n\r\n");
  await c.untilClosed();
  assert.equal(c.text, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
  assert.match(backend.text, /^GET \/ HTTP\/1\.1\r\nHost: api\.default\r\n/);
});

test("an HTTP/1.0 client that keeps alive is told so", async () => {
  const { client } = await start(answering(OK));
  const c = await client();
  c.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  await c.untilText("ok");
  c.send("GET / HTTP/1.0\r\n\r\n");
  await c.untilClosed();
  assert.equal(
    c.text,
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
  );
});

test("Connection: close of the client is kept, that of the upstream is its own affair", async () => {
  const { backend, client } = await start(answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"));
  const c = await client();
  c.send(GET);
  await c.untilText("ok");
  c.send("GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");
  await c.untilClosed();
  assert.equal(backend.connections.length, 2);
  assert.match(c.text, /okHTTP\/1\.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok$/);
});

test("100 Continue travels: the body is asked for before it is sent", async () => {
  let asked = false;
  const { backend, client } = await start(({ socket, received }) => {
    if (!asked && received.includes("\r\n\r\n")) {
      asked = true;
      socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    } else if (received.toString().endsWith("hello")) socket.write(OK);
  });
  const c = await client();
  c.send("POST / HTTP/1.1\r\nHost: api\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  await c.untilText("100 Continue\r\n\r\n");
  assert.doesNotMatch(backend.text, /hello/);
  c.send("hello");
  await c.untilText("ok");
  assert.match(backend.text, /Expect: 100-continue\r\n[^]*\r\n\r\nhello$/);
});

test("an early final answer reaches a client that still waits with its body", async () => {
  const { client } = await start(answering("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"));
  const c = await client();
  c.send("POST / HTTP/1.1\r\nHost: api\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n");
  await c.untilClosed();
  assert.match(c.text, /^HTTP\/1\.1 413 /);
});

test("an expectation nobody knows is refused", async () => {
  const { client } = await start(answering(OK));
  const c = await client();
  c.send("GET / HTTP/1.1\r\nHost: api\r\nExpect: 200-ok\r\n\r\n");
  await c.untilClosed();
  assert.match(c.text, /^HTTP\/1\.1 417 [^]*x-meshctl-reason: unsupported-expectation\r\n/);
});

test("an upstream that resets in the middle of a body resets the client: no answer looks complete", async () => {
  for (const head of ["Content-Length: 100", "Transfer-Encoding: chunked", "X: until-close"]) {
    const { client, engine } = await start(({ socket }) => {
      const first = head.startsWith("T") ? "5\r\nhello\r\n" : "hello";
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${first}`, () => socket.resetAndDestroy());
    });
    const c = await client();
    c.send(GET);
    await c.until((x) => x.closed, "the reset");
    assert.ok(c.error === "ECONNRESET" || (!c.ended && c.text === ""), `${head}: ${c.error}`);
    assert.ok(!c.text.endsWith("0\r\n\r\n"));
    assert.equal(engine.observer.records[0]?.reason, "upstream-reset");
  }
});

test("an upstream that ends too early resets the client as well", async () => {
  const { client } = await start(({ socket }) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"));
  const c = await client();
  c.send(GET);
  await c.until((x) => x.closed, "the reset");
  assert.equal(c.error, "ECONNRESET");
});

test("an upstream that ends in the middle of its head gives 502 upstream-reset", async () => {
  const { client } = await start(({ socket }) => void socket.end("HTTP/1.1 200 OK\r\nContent-Le"));
  const c = await client();
  c.send(GET);
  await c.untilText("request: ");
  assert.match(c.text, /^HTTP\/1\.1 502 [^]*x-meshctl-reason: upstream-reset\r\n[^]*x-request-id: /);
});

for (const [name, answer] of Object.entries({
  "no HTTP": "220 smtp ready\r\n",
  "length and encoding": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
  "a bare LF": "HTTP/1.1 200 OK\nContent-Length: 3\r\n\r\nabc",
  "an encoding in HTTP/1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "a switch nobody asked for": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
  "a status of two digits": "HTTP/1.1 20 OK\r\n\r\n",
})) {
  test(`an upstream that answers with ${name} gives 502 upstream-bad-response`, async () => {
    const { client } = await start(answering(answer));
    const c = await client();
    c.send(GET);
    await c.untilText("request: ");
    assert.match(c.text, /^HTTP\/1\.1 502 [^]*x-meshctl-reason: upstream-bad-response\r\n/);
    assert.equal(c.ended, false);
  });
}

test("an upstream with a head over the limits gives 502 upstream-headers-too-large", async () => {
  const { client } = await start(answering(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n`));
  const c = await client();
  c.send(GET);
  await c.untilText("request: ");
  assert.match(c.text, /^HTTP\/1\.1 502 [^]*x-meshctl-reason: upstream-headers-too-large\r\n/);
});

test("a client that goes away in the middle of its body takes the upstream request with it", async () => {
  const { backend, client, engine } = await start(() => {});
  const c = await client();
  c.send("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nhello");
  await until(() => backend.text.endsWith("hello"), "the first part upstream");
  c.close();
  await until(() => engine.observer.records.length === 1, "the record");
  assert.equal(engine.observer.records[0]?.reason, "downstream-reset");
  await until(() => engine.outbound.upstreamConnections === 0, "the upstream connection to go");
});

test("a client that ends its direction in the middle of its body is cut off", async () => {
  const { client, engine } = await start(() => {});
  const c = await client();
  c.send("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nhello");
  c.socket.end();
  await c.until((x) => x.closed, "the end");
  assert.equal(engine.observer.records[0]?.reason, "downstream-reset");
});

test("a client that ends its direction after its request still gets the answer", async () => {
  const { client } = await start(answering(OK));
  const c = await client();
  c.send(GET);
  c.socket.end();
  await c.untilClosed();
  assert.equal(c.text, OK);
});

test("a client that ended its direction and waits too long is taken for gone", async () => {
  const { client, engine } = await start(() => {}, { idleConnectionMs: 60 });
  const c = await client();
  c.send(GET);
  c.socket.end();
  await c.until((x) => x.closed, "the end");
  await until(() => engine.observer.records.length === 1, "the record");
  assert.equal(engine.observer.records[0]?.reason, "downstream-reset");
  await until(() => engine.outbound.upstreamConnections === 0, "the upstream connection to go");
});

test("a large body passes both ways unchanged, with a slow reader at either end", async () => {
  const size = 8 * 1_024 * 1_024;
  const body = Buffer.alloc(size, "0123456789abcdef");
  let paused = false;
  const { client } = await start((connection) => {
    const { socket, received } = connection;
    if (!paused) {
      paused = true;
      socket.pause();
      setTimeout(() => socket.resume(), 50);
    }
    const end = received.indexOf("\r\n\r\n");
    if (received.length - end - 4 < size) return;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(received.subarray(end + 4));
  });
  const c = await client();
  c.send(`POST / HTTP/1.1\r\nHost: api\r\nContent-Length: ${size}\r\n\r\n`).send(body);
  await c.untilText("\r\n\r\n");
  c.socket.pause();
  setTimeout(() => c.socket.resume(), 50);
  const head = c.received.indexOf("\r\n\r\n") + 4;
  await c.until((x) => x.received.length >= head + size, "the whole body");
  assert.ok(c.received.subarray(head).equals(body));
});

test("a chunked request body passes in chunks", async () => {
  const { backend, client } = await start(({ socket, received }) => {
    if (received.toString().endsWith("0\r\nX-T: 1\r\n\r\n")) socket.write(OK);
  });
  const c = await client();
  c.send("POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n00a;x=y\r\n0123456789\r\n");
  await until(() => backend.text.includes("0123456789"), "the first chunk");
  c.send("1\r\nz\r\n0\r\nX-T: 1\r\n\r\n");
  await c.untilText("ok");
  assert.match(backend.text, /Transfer-Encoding: chunked\r\n[^]*\r\n\r\na\r\n0123456789\r\n1\r\nz\r\n0\r\nX-T: 1\r\n\r\n$/);
});

test("the header deadline answers 408, counted from the first byte", async () => {
  const { client, engine } = await start(answering(OK), { headerDeadlineMs: 60 });
  const c = await client();
  c.send("GET / HTTP/1.1\r\nHo");
  await c.untilClosed();
  assert.match(c.text, /^HTTP\/1\.1 408 [^]*x-meshctl-reason: header-timeout\r\n/);
  assert.equal(engine.observer.records[0]?.reason, "header-timeout");
});

test("an idle connection is ended without a word", async () => {
  const { client } = await start(answering(OK), { idleConnectionMs: 60 });
  const c = await client();
  c.send(GET);
  await c.untilText("ok");
  await c.untilClosed();
  assert.equal(c.text, OK);
});

test("a body that stops coming ends the request", async () => {
  const { client, engine } = await start(() => {}, { idleConnectionMs: 60 });
  const c = await client();
  c.send("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\nhello");
  await c.until((x) => x.closed, "the end");
  assert.equal(engine.observer.records[0]?.reason, "idle-timeout");
});

test("a connection beyond the limit gets 503 overloaded", async () => {
  const { client } = await start(answering(OK), { maxConnections: 1 });
  const first = await client();
  first.send(GET);
  await first.untilText("ok");
  const second = await client();
  await second.untilClosed();
  assert.match(second.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: overloaded\r\n/);
});

test("a request beyond the limit gets 503 overloaded", async () => {
  const { backend, client } = await start(() => {}, {}, 1);
  const first = await client();
  first.send(GET);
  await until(() => backend.text.endsWith("\r\n\r\n"), "the first request");
  const second = await client();
  second.send(GET);
  await second.untilText("request: ");
  assert.match(second.text, /^HTTP\/1\.1 503 [^]*x-meshctl-reason: overloaded\r\n/);
});

test("draining: the request under way is answered with Connection: close, idle connections end, then it is done", async () => {
  const { backend, engine } = await start(() => {});
  const side = engine.outbound.upstream(DESTINATION);
  const port = await engine.listen(side);
  const idle = await RawClient.connect(port);
  const busy = await RawClient.connect(port);
  cleanup.push(() => idle.close());
  cleanup.push(() => busy.close());
  busy.send(GET);
  await until(() => backend.text.endsWith("\r\n\r\n"), "the request upstream");
  let done = false;
  side.drain(() => {
    done = true;
  });
  await idle.untilClosed();
  idle.close();
  assert.equal(done, false);
  assert.equal(side.activeRequests, 1);
  (backend.connections[0] as BackendConnection).socket.write(OK);
  await busy.untilClosed();
  busy.close();
  assert.match(busy.text, /Connection: close\r\n\r\nok$/);
  await until(() => done, "the end of the drain");
  assert.equal(side.openConnections, 0);
});

test("an upgrade becomes a tunnel both ways", async () => {
  const { backend, client, engine } = await start(({ socket, received }) => {
    if (received.toString().endsWith("\r\n\r\n"))
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi");
    else if (received.toString().endsWith("ping")) socket.end("pong");
  });
  const c = await client();
  c.send("GET /ws HTTP/1.1\r\nHost: api\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n");
  await c.untilText("hi");
  assert.equal(c.text, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhi");
  assert.match(backend.text, /\r\nConnection: upgrade\r\nUpgrade: websocket\r\n/);
  c.send("ping");
  await c.untilClosed();
  assert.ok(c.text.endsWith("hipong"));
  c.socket.end();
  await until(() => engine.observer.records.length === 1, "the record");
  assert.equal(engine.observer.records[0]?.status, 101);
});

test("a tunnel whose client ends first still brings what the upstream has to say", async () => {
  const { client, engine } = await start(({ socket, received }) => {
    if (received.toString().endsWith("\r\n\r\n"))
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    socket.removeAllListeners("end").once("end", () => socket.end("last word"));
  });
  const c = await client();
  c.send("GET /ws HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await c.untilText("\r\n\r\n");
  c.socket.end();
  await c.until((x) => x.ended, "the end");
  assert.ok(c.text.endsWith("last word"), c.text);
  await until(() => engine.observer.records.length === 1, "the record");
  assert.equal(engine.observer.records[0]?.reason, "");
});

test("an idle tunnel is ended", async () => {
  const { client, engine } = await start(answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), {
    idleStreamMs: 60,
  });
  const c = await client();
  c.send("GET /ws HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await c.untilText("\r\n\r\n");
  await c.untilClosed();
  await until(() => engine.observer.records.length === 1, "the record");
  assert.equal(engine.observer.records[0]?.reason, "idle-timeout");
  await until(() => engine.outbound.upstreamConnections === 0, "the upstream connection to go");
});

test("a client that stops reading is reset", async () => {
  const body = Buffer.alloc(32 * 1_024 * 1_024);
  const { client, engine } = await start(
    ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
    },
    { idleConnectionMs: 100 },
  );
  const c = await client();
  c.socket.pause();
  c.send(GET);
  await until(() => engine.observer.records.length === 1, "the record");
  assert.equal(engine.observer.records[0]?.reason, "idle-timeout");
});

test("an upgrade to h2c is not passed on", async () => {
  const { backend, client } = await start(answering(OK));
  const c = await client();
  c.send("GET / HTTP/1.1\r\nHost: api\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
  await c.untilText("ok");
  assert.doesNotMatch(backend.text, /upgrade|h2c|settings/i);
});
