import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { DEFAULT_LIMITS } from "../../src/proxy/contract.ts";
import { afterOneHop, ROLE_REQUEST } from "../../src/proxy/http1/codec/head.ts";
import { NodeParser } from "../support/http/node-parser.ts";
import { type BackendConnection, RawBackend } from "../support/http/raw-backend.ts";
import { readMessages } from "../support/http1-events.ts";
import { HTTP1_ROWS, type Http1Vector } from "../support/http1-vectors.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { inboundPort, upstreamPort } from "../support/store.ts";

/** The workload's command: hands every connection to the test's own backend, byte for byte. */
const RELAY = `const net=require("node:net");
net.createServer({allowHalfOpen:true},(a)=>{const b=net.connect({port:+process.argv[1],host:"127.0.0.1",allowHalfOpen:true});
a.pipe(b);b.pipe(a);a.on("error",()=>b.destroy());b.on("error",()=>a.destroy());a.on("close",()=>b.destroy());b.on("close",()=>a.destroy());
}).listen(+process.env.PORT,"127.0.0.1");`;

test("hostile HTTP/1 bytes, raw, on the built proxies (S1)", { timeout: 120_000 }, async (t) => {
  const mesh = await startMesh(t);
  const backend = await RawBackend.start(answerWhenComplete);
  const parser = await NodeParser.start();
  t.after(async () => {
    await backend.close();
    await parser.close();
  });
  await mesh.run("raw", ["--service", "raw:80", "--port", "0"], ["node", "-e", RELAY, String(backend.port)]);
  await mesh.run("caller", ["--upstream", "raw:80"], ["sleep", "300"]);
  const toRaw = upstreamPort(await mesh.waitReady("caller"), "default/raw:80");
  const inbound = inboundPort(await mesh.waitReady("raw"));
  const dir = join(mesh.home, "..", "runner");
  await mesh.ok(["cert", "issue", "--identity", "ns/ci/sa/runner", "--out", dir]);
  const identity = { cert: readFileSync(join(dir, "cert.pem")), key: readFileSync(join(dir, "key.pem")) };

  const positions: Readonly<Record<string, () => Socket>> = {
    "client → outbound": () => connectPlain({ port: toRaw, host: "127.0.0.1", allowHalfOpen: true }),
    // Whose certificate the proxy presents is the subject of identity.test.ts.
    "peer → inbound over mTLS": () =>
      connectTls({ port: inbound, host: "127.0.0.1", ...identity, ALPNProtocols: ["meshctl/h1"], rejectUnauthorized: false }),
  };

  for (const [position, open] of Object.entries(positions)) {
    for (const { row, rfc, vectors } of HTTP1_ROWS) {
      // A peer's proxy has added lines of its own to what an application may send: these limits are its first hop's.
      if (row === "size" && position !== "client → outbound") continue;
      await t.test(`${position}: ${row} (${rfc})`, async () => {
        for (const vector of vectors) await check(vector, open, backend, parser);
      });
    }
    await t.test(`${position}: far too much (RFC 6585 5, RFC 9110 15.5.15)`, async () => {
      for (const vector of HUGE) await check(vector, open, backend, parser);
    });
  }
});

/** Well over every limit, wherever it is counted. */
const HUGE: readonly Http1Vector[] = [
  { name: "1,000 lines", bytes: `GET / HTTP/1.1\r\nHost: api\r\n${"X: y\r\n".repeat(1_000)}\r\n`, refused: "too-large", status: 431 },
  { name: "a line of 64 KiB", bytes: `GET / HTTP/1.1\r\nHost: api\r\nX: ${"y".repeat(65_536)}\r\n\r\n`, refused: "too-large", status: 431 },
  { name: "a target of 64 KiB", bytes: `GET /${"y".repeat(65_536)} HTTP/1.1\r\nHost: api\r\n\r\n`, refused: "too-long", status: 414 },
];

async function check(vector: Http1Vector, open: () => Socket, backend: RawBackend, parser: NodeParser): Promise<void> {
  // A connection may have been opened for a request that was then refused, and is used for the next.
  const before = backend.connections.map(({ received }) => received.length);
  const answer = await answerTo(open(), vector);
  const forwarded = Buffer.concat(backend.connections.map(({ received }, index) => received.subarray(before[index] ?? 0)));
  const parsed = await parser.parse(forwarded);
  const seen = `${vector.name}: forwarded ${JSON.stringify(forwarded.toString("latin1").slice(0, 500))}, answered ${JSON.stringify(answer.slice(0, 200))}`;
  if (vector.refused === undefined) {
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/, seen);
    assert.ok(parsed.clean, seen);
    assert.equal(parsed.requests.length, 1, seen);
    assert.equal(parsed.requests[0]?.url, vector.target, seen);
    assert.equal(parsed.requests[0]?.body, vector.body ?? "", seen);
  } else {
    assert.equal(parsed.requests.length, 0, seen);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${vector.status} `), seen);
  }
}

/** Everything the proxy says until the answer is there or the connection is over. */
async function answerTo(socket: Socket, vector: Http1Vector): Promise<string> {
  let text = "";
  let over = false;
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  for (const event of ["end", "close", "error"]) socket.on(event, () => (over = true));
  socket.write(vector.bytes, "latin1");
  await waitFor(
    `an answer to ${vector.name}`,
    () => over || /\r\n\r\n[^]*(?:ok|\n)$/.test(text),
    8_000,
    () => text,
  );
  socket.destroy();
  return text;
}

function answerWhenComplete(connection: BackendConnection): void {
  const { messages } = readMessages(ROLE_REQUEST, connection.received, [], [], afterOneHop(afterOneHop(DEFAULT_LIMITS)));
  if (messages[0]?.complete === true) connection.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}
