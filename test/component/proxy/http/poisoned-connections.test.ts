/** Promise S5: an upstream that sends early, extra or short bytes never poisons another response. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type TestEngine, startEngine } from "../../../support/http/engine.ts";
import { type BackendConnection, RawBackend } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const TRIES_PER_MISCHIEF = 2_000;
const POISON = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";

/** Answers the request for `/n` with body `n`, then misbehaves. */
type Mischief = (connection: BackendConnection, answer: string) => void;

const MISCHIEF: Readonly<Record<string, Mischief>> = {
  "a whole second answer in the same write": ({ socket }, answer) => void socket.write(answer + POISON),
  "a second answer in a write of its own": ({ socket }, answer) => {
    socket.write(answer);
    socket.write(POISON);
  },
  "a second answer one turn later": ({ socket }, answer) => {
    socket.write(answer);
    setImmediate(() => socket.write(POISON));
  },
  "half an answer behind the answer": ({ socket }, answer) => void socket.write(`${answer}HTTP/1.1 200`),
  "a stray line end, then the end": ({ socket }, answer) => void socket.end(`${answer}\r\n`),
};

let mischief: Mischief = MISCHIEF["a stray line end, then the end"] as Mischief;
let backend: RawBackend;
let engine: TestEngine;
let port: number;

before(async () => {
  const seen = new WeakMap<BackendConnection, number>();
  backend = await RawBackend.start((connection) => {
    const text = connection.received.toString("latin1", seen.get(connection) ?? 0);
    const match = /^GET \/(\d+) [^]*\r\n\r\n$/.exec(text);
    if (match === null) return;
    seen.set(connection, connection.received.length);
    const body = match[1] as string;
    mischief(connection, `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });
  engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  port = await engine.listen(engine.outbound.upstream(DESTINATION));
});

after(async () => {
  await engine.close();
  await backend.close();
});

for (const [name, misbehave] of Object.entries(MISCHIEF)) {
  test(`${name}: every answer is the right one, ${TRIES_PER_MISCHIEF} times`, async () => {
    mischief = misbehave;
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(port)));
    let next = 0;
    await Promise.all(
      clients.map(async (client, index) => {
        while (next < TRIES_PER_MISCHIEF) {
          next += 1;
          const body = `${index}${next}`;
          client.received = Buffer.alloc(0);
          client.send(`GET /${body} HTTP/1.1\r\nHost: api\r\n\r\n`);
          await client.until((c) => c.text.endsWith(`\r\n\r\n${body}`) || c.closed || c.text.includes("poison"), `the answer ${body}`);
          assert.equal(client.text, `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
          backend.connections.length = 0;
          // Sometimes at once, sometimes after the mischief has arrived.
          if (next % 3 === 0) await turn();
        }
      }),
    );
    for (const client of clients) client.close();
  });
}

test("bytes on a connection that was never used end it", async () => {
  mischief = ({ socket }, answer) => void socket.write(answer);
  const client = await RawClient.connect(port);
  client.send("GET /1 HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.untilText("\r\n\r\n1");
  assert.equal(engine.outbound.upstreamConnections, 1);
  backend.connections.at(-1)?.socket.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  const limit = Date.now() + 5_000;
  while (engine.outbound.upstreamConnections > 0) {
    assert.ok(Date.now() < limit, "the connection is still pooled");
    await turn();
  }
  client.send("GET /2 HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.untilText("\r\n\r\n2");
  client.close();
});
