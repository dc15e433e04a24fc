/** Hostile HTTP/1 bytes to an HTTP/2 application: straight, and over the connection between two proxies (S1). */
import assert from "node:assert/strict";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Protocol } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { startEngine, type TestEngine } from "../../../support/http/engine.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { HTTP1_ROWS, type Http1Vector } from "../../../support/http1-vectors.ts";
import { startPair } from "./pair.ts";

/** Longer vectors are not sent byte by byte. */
const MOST_BYTES = 400;

interface Seen {
  readonly path: string;
  readonly names: readonly string[];
  readonly body: string;
}

/** nghttp2 is strict about what comes: what it does not take for HTTP/2 ends here. */
const errors: string[] = [];
let seen: Seen[] = [];
let engine: TestEngine;
let straight: number;
let appPort: number;

const app = createServer({ settings: { maxConcurrentStreams: 1_000 } });
app.on("stream", (stream, head) => {
  const chunks: Buffer[] = [];
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    if (stream.destroyed || stream.rstCode !== 0) return;
    seen.push({ path: String(head[":path"]), names: Object.keys(head), body: Buffer.concat(chunks).toString("latin1") });
    stream.respond({ ":status": 200, "content-length": 2 });
    stream.end("ok");
  });
});
app.on("sessionError", (error: Error) => errors.push(error.message));
app.on("session", (session) => session.on("goaway", (code) => code !== 0 && errors.push(`GOAWAY ${code}`)));

before(async () => {
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  appPort = (app.address() as AddressInfo).port;
  const view = new StubView([]);
  view.addService("api", 80, [endpoint(appPort)], [], Protocol.HTTP2);
  engine = startEngine({ view });
  straight = await engine.listen(engine.outbound.upstream(DESTINATION));
});

after(async () => {
  await engine.close();
  app.close();
});

async function check(vector: Http1Vector, port: number, split: boolean): Promise<void> {
  seen = [];
  const bytes = Buffer.from(vector.bytes, "latin1");
  const client = await RawClient.connect(port);
  if (!split) client.send(bytes);
  for (let at = 0; split && at < bytes.length && !client.closed; at += 1) {
    client.send(bytes.subarray(at, at + 1));
    await turn();
  }
  await client.until((c) => c.ended || c.closed || /\r\n\r\n[^]*(?:ok|\n)$/.test(c.text), "an answer");
  client.close();
  const what = `${vector.name}: answered ${JSON.stringify(client.text.slice(0, 200))}, application saw ${JSON.stringify(seen)}`;
  if (vector.refused === undefined) {
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n/, what);
    assert.deepEqual(
      seen.map(({ path, body }) => [path, body]),
      [[vector.target, vector.body ?? ""]],
      what,
    );
    const odd = seen[0]?.names.filter((name) => /^(connection|keep-alive|transfer-encoding|upgrade|host|x-meshctl.*)$/.test(name));
    assert.deepEqual(odd, [], what);
  } else {
    assert.match(client.text, new RegExp(`^HTTP/1\\.1 ${vector.status} `), what);
    assert.deepEqual(seen, [], what);
  }
  assert.deepEqual(errors, [], what);
}

for (const { row, rfc, vectors } of HTTP1_ROWS) {
  describe(`${row} (${rfc})`, () => {
    test("whole, straight to the application", async () => {
      for (const vector of vectors) await check(vector, straight, false);
    });
    test("byte by byte", async () => {
      for (const vector of vectors) if (vector.bytes.length <= MOST_BYTES) await check(vector, straight, true);
    });
    test("over the connection between two proxies", async (t) => {
      const { port, outer, outboundSide, inboundSide } = await startPair(t, { appPort, protocol: Protocol.HTTP2 });
      for (const vector of vectors) await check(vector, port, false);
      assert.ok(outer.outbound.upstreamConnections <= 1, "what was refused cost nobody the connection");
      assert.equal(outboundSide.activeRequests + inboundSide.activeRequests, 0);
    });
  });
}
