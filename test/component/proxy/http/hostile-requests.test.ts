import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { readMessages } from "../../../support/http1-events.ts";
import { HTTP1_ROWS, type Http1Vector } from "../../../support/http1-vectors.ts";
import { type TestEngine, startEngine } from "../../../support/http/engine.ts";
import { NodeParser } from "../../../support/http/node-parser.ts";
import { type BackendConnection, RawBackend } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { DEFAULT_LIMITS } from "../../../../src/proxy/contract.ts";
import { ROLE_REQUEST, afterOneHop } from "../../../../src/proxy/http1/codec/head.ts";

let backend: RawBackend;
let engine: TestEngine;
let parser: NodeParser;
let port: number;

/** Answers once the request is complete by our reader; what it got is judged by node:http afterwards. */
function answerWhenComplete(connection: BackendConnection): void {
  const { messages } = readMessages(ROLE_REQUEST, connection.received, [], [], afterOneHop(DEFAULT_LIMITS));
  if (messages[0]?.complete === true) connection.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

before(async () => {
  backend = await RawBackend.start(answerWhenComplete);
  engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  port = await engine.listen(engine.outbound.upstream(DESTINATION));
  parser = await NodeParser.start();
});

after(async () => {
  await engine.close();
  await backend.close();
  await parser.close();
});

/** Sends `pieces` in writes of their own; returns the answer and what the backend got meanwhile. */
async function exchange(pieces: readonly Buffer[]): Promise<{ answer: string; forwarded: Buffer }> {
  backend.connections.length = 0;
  const client = await RawClient.connect(port);
  for (const piece of pieces) {
    if (client.closed) break;
    client.send(piece);
    if (pieces.length > 1) await turn();
  }
  await client.until((c) => c.ended || c.closed || /\r\n\r\n[^]*(?:ok|\n)$/.test(c.text), "an answer");
  client.close();
  return { answer: client.text, forwarded: Buffer.concat(backend.connections.map(({ received }) => received)) };
}

async function check(vector: Http1Vector, pieces: readonly Buffer[]): Promise<void> {
  const { answer, forwarded } = await exchange(pieces);
  const parsed = await parser.parse(forwarded);
  if (vector.refused === undefined) {
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.ok(parsed.clean, `node:http refuses what was forwarded: ${JSON.stringify(forwarded.toString("latin1"))}`);
    assert.equal(parsed.requests.length, 1);
    assert.equal(parsed.requests[0]?.url, vector.target);
    assert.equal(parsed.requests[0]?.body, vector.body ?? "");
  } else {
    assert.equal(parsed.requests.length, 0, `forwarded: ${JSON.stringify(forwarded.toString("latin1"))}`);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${vector.status} `));
    assert.match(answer, /\r\nx-meshctl-reason: [a-z-]+\r\n/);
    assert.match(answer, /\r\nconnection: close\r\n/);
  }
}

for (const { row, rfc, vectors } of HTTP1_ROWS) {
  describe(`${row} (${rfc})`, () => {
    for (const vector of vectors) {
      const bytes = Buffer.from(vector.bytes, "latin1");
      test(vector.name, async () => {
        await check(vector, [bytes]);
        if (vector.refused !== undefined) assert.ok(backend.connections.every(({ received }) => received.length === 0));
      });
      test(`${vector.name}, in pieces`, async () => {
        const size = Math.max(1, Math.ceil(bytes.length / 64));
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        await check(vector, pieces);
      });
    }
  });
}
