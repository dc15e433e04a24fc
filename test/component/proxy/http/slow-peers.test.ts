/** Promise S4, the HTTP/1 part: who reads or writes slowly holds little memory, and nobody else notices. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type TestEngine, startEngine } from "../../../support/http/engine.ts";
import { type BackendConnection, RawBackend } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const MIB = 1_024 * 1_024;
/** More than both kernels' socket buffers on the way. */
const BODY_BYTES = 100 * MIB;

let backend: RawBackend;
let engine: TestEngine;
let port: number;

/** `/big` is answered as fast as it is taken, `/small` at once; `/sink` is never read to its end. */
function answer({ socket, received }: BackendConnection): void {
  const request = received.toString("latin1", 0, 8);
  if (request.startsWith("GET /sma")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  else if (request.startsWith("POST /si")) socket.pause();
  else if (request.startsWith("GET /big")) {
    socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
    let left = BODY_BYTES;
    const chunk = Buffer.alloc(MIB / 4);
    const more = (): void => {
      while (left > 0) {
        left -= chunk.length;
        if (!socket.write(chunk)) return void socket.once("drain", more);
      }
    };
    more();
  }
}

before(async () => {
  backend = await RawBackend.start(answer);
  engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  port = await engine.listen(engine.outbound.upstream(DESTINATION));
});

after(async () => {
  await engine.close();
  await backend.close();
});

async function small(): Promise<void> {
  const client = await RawClient.connect(port);
  client.send("GET /small HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");
  await client.untilText("ok");
  client.close();
}

/** Neighbours go on for a while; returns by how much our own buffers grew. */
async function growthMib(): Promise<number> {
  const before = process.memoryUsage();
  for (let count = 0; count < 200; count += 1) await small();
  const now = process.memoryUsage();
  return (now.arrayBuffers + now.external - before.arrayBuffers - before.external) / MIB;
}

test("a reader that stalls stops its upstream, not its neighbours", async () => {
  const client = await RawClient.connect(port);
  client.send("GET /big HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.untilText("\r\n\r\n");
  client.socket.pause();
  await small();
  const upstream = backend.connections.find(({ received }) => received.toString().startsWith("GET /big")) as BackendConnection;
  assert.ok((await growthMib()) < 8);
  assert.ok(upstream.socket.writableLength > 0, "the upstream was not stopped");
  client.socket.resume();
  const head = client.text.indexOf("\r\n\r\n") + 4;
  let seen = client.received.length - head;
  client.socket.on("data", (chunk: Buffer) => {
    seen += chunk.length;
    client.received = Buffer.alloc(0);
  });
  const limit = Date.now() + 20_000;
  while (seen < BODY_BYTES) {
    assert.ok(Date.now() < limit, `${seen} of ${BODY_BYTES} bytes came`);
    await turn();
  }
  client.close();
});

test("an upstream that does not read stops the sender, not its neighbours", async () => {
  const client = await RawClient.connect(port);
  client.send(`POST /sink HTTP/1.1\r\nHost: api\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`);
  let sent = 0;
  const chunk = Buffer.alloc(MIB / 4);
  const more = (): void => {
    while (sent < BODY_BYTES && client.socket.write(chunk)) sent += chunk.length;
  };
  client.socket.on("drain", more);
  more();
  await small();
  assert.ok((await growthMib()) < 8);
  const stopped = sent;
  await small();
  assert.ok(stopped < BODY_BYTES / 2 && sent === stopped, `${sent} bytes were taken`);
  client.close();
});
