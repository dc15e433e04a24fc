/** Hostile HTTP/2 requests to an HTTP/1 application, straight and through the mesh: it holds one request or none (S1). */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { plain, startEngine, type TestEngine } from "../../../support/http/engine.ts";
import { NodeParser } from "../../../support/http/node-parser.ts";
import { RawBackend } from "../../../support/http/raw-backend.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { Http2Peer, type PeerMessage } from "../../../support/http2/peer.ts";
import { HTTP2_ROWS, type Http2Vector } from "../../../support/http2-vectors.ts";
import { DATA, END_HEADERS, END_STREAM, clientStart, frame, headers } from "../../../unit/proxy/http2/frames.ts";
import { startPair } from "./pair.ts";

let backend: RawBackend;
let parser: NodeParser;
let engine: TestEngine;
let straight: number;

before(async () => {
  // Answers what node:http would take for a whole request; half of one is left waiting.
  backend = await RawBackend.start((connection) => {
    const text = connection.received.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(text)?.[1] ?? 0);
    const chunked = /\r\ntransfer-encoding: chunked\r\n/i.test(text.slice(0, end + 2));
    if (chunked ? !/\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(text) : text.length < end + 4 + length) return;
    connection.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  parser = await NodeParser.start();
  engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  straight = await engine.listen(engine.outbound.upstream(DESTINATION), (socket) => ({ ...plain(socket), alpn: "h2c" }));
});

after(async () => {
  await engine.close();
  await backend.close();
  await parser.close();
});

function bytesOf({ head, data = [], trailers }: Http2Vector): Buffer {
  const parts = [headers(1, head, data.length === 0 && trailers === undefined ? END_HEADERS | END_STREAM : END_HEADERS)];
  data.forEach((text, at) => {
    parts.push(frame(DATA, at === data.length - 1 && trailers === undefined ? END_STREAM : 0, 1, text));
  });
  if (trailers !== undefined) parts.push(headers(1, trailers));
  return Buffer.concat(parts);
}

/** Sends the request, whole or byte by byte; returns what the application got. */
async function exchange(port: number, bytes: Buffer, split: boolean): Promise<{ message: PeerMessage; forwarded: Buffer }> {
  // A connection may have been opened for a request that was then refused, and is used for this one.
  const before = backend.connections.map(({ received }) => received.length);
  const peer = await Http2Peer.connect(port, {}, split ? Buffer.alloc(0) : clientStart);
  if (split) {
    const all = Buffer.concat([clientStart, bytes]);
    for (let at = 0; at < all.length && !peer.closed; at += 1) {
      peer.send(all.subarray(at, at + 1));
      await turn();
    }
  } else peer.send(bytes);
  await peer.until("an answer or a refusal", ({ messages, goaway, closed }) => messages.get(1)?.over === true || goaway !== null || closed);
  peer.close();
  const forwarded = Buffer.concat(backend.connections.map(({ received }, at) => received.subarray(before[at] ?? 0)));
  return { message: peer.message(1), forwarded };
}

async function check(vector: Http2Vector, port: number, split: boolean): Promise<void> {
  const { message, forwarded } = await exchange(port, bytesOf(vector), split);
  const parsed = await parser.parse(forwarded);
  const seen = `forwarded ${JSON.stringify(forwarded.toString("latin1"))}, answered ${message.status}, reset ${message.reset}`;
  assert.doesNotMatch(forwarded.toString("latin1"), vector.never ?? /^\0never/, seen);
  if (vector.target === undefined) {
    assert.equal(parsed.requests.length, 0, seen);
    assert.ok(message.reset > 0 || message.status >= 400, seen);
    return;
  }
  // A 200 that grants no upgrade is told as 502.
  assert.equal(message.status, vector.head.includes("CONNECT") ? 502 : 200, seen);
  assert.ok(parsed.clean, seen);
  assert.deepEqual(
    parsed.requests.map(({ url, body }) => [url, body]),
    [[vector.target, vector.body]],
    seen,
  );
}

for (const { row, rfc, vectors } of HTTP2_ROWS) {
  describe(`${row} (${rfc})`, () => {
    for (const vector of vectors) {
      test(vector.name, () => check(vector, straight, false));
      test(`${vector.name}, byte by byte`, () => check(vector, straight, true));
    }
    test("all of them through the mesh", async (t) => {
      const { port } = await startPair(t, { appPort: backend.port });
      for (const vector of vectors) await check(vector, port, false);
    });
  });
}

test("no field section, whatever is in it, makes more than one request", async () => {
  const text = fc.oneof(
    fc.constantFrom("chunked", "3", "0", "trailers", "api", "GET", "/x HTTP/1.1", "\r\n\r\n", "\n", "\0", "close", "websocket"),
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 12 }),
  );
  const value = fc.array(text, { maxLength: 3 }).map((parts) => parts.join(""));
  const name = fc.oneof(
    fc.constantFrom(
      "content-length",
      "transfer-encoding",
      "host",
      "te",
      "connection",
      "upgrade",
      "expect",
      "x-a",
      "cookie",
      ":protocol",
      ":path",
    ),
    text,
  );
  const field = fc.tuple(name, value);
  const sane = (key: string, usual: string) => fc.tuple(fc.constant(key), fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, value));
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(sane(":method", "POST"), sane(":scheme", "http"), sane(":authority", "api"), sane(":path", "/p")),
      fc.array(field, { maxLength: 4 }),
      fc.array(value, { maxLength: 3 }),
      fc.option(fc.array(field, { minLength: 1, maxLength: 2 }), { nil: undefined }),
      async (pseudo, fields, data, trailers) => {
        const vector: Http2Vector = { name: "", head: [...pseudo.flat(), ...fields.flat()], data };
        const bytes = bytesOf(trailers === undefined ? vector : { ...vector, trailers: trailers.flat() });
        const { forwarded } = await exchange(straight, bytes, false);
        const parsed = await parser.parse(forwarded);
        assert.ok(parsed.requests.length <= 1, forwarded.toString("latin1"));
        // What is no whole request was cut off on purpose, never malformed.
        if (parsed.requests.length === 1) assert.ok(parsed.clean, forwarded.toString("latin1"));
      },
    ),
    { numRuns: 300 },
  );
});
