/**
 * Requests and responses others wrote (MESHCTL_CORPORA names the folder): what they refuse reaches no
 * upstream; what they accept is forwarded with the same meaning, or stands in disagreements.ts with a reason.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { METHODS } from "node:http";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../../src/proxy/contract.ts";
import { ROLE_REQUEST, ROLE_RESPONSE, afterOneHop } from "../../../src/proxy/http1/codec/head.ts";
import { readGunicornCases } from "../../support/corpora/gunicorn.ts";
import { type LlhttpCase, readLlhttpCases } from "../../support/corpora/llhttp.ts";
import { type TestEngine, startEngine } from "../../support/http/engine.ts";
import { NodeParser } from "../../support/http/node-parser.ts";
import { type BackendConnection, RawBackend } from "../../support/http/raw-backend.ts";
import { RawClient } from "../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../support/http/stub-view.ts";
import { type ReadMessage, readMessages } from "../../support/http1-events.ts";
import { GUNICORN_DISAGREEMENTS, LLHTTP_DISAGREEMENTS, NEEDS_HOST } from "./disagreements.ts";

const corpora = process.env["MESHCTL_CORPORA"];
const skip = corpora === undefined ? "MESHCTL_CORPORA does not name the folder with the public vectors" : false;

let backend: RawBackend;
let engine: TestEngine;
let parser: NodeParser;
let port: number;

const answered = new WeakMap<BackendConnection, number>();

function answerEach(connection: BackendConnection): void {
  const { messages } = readMessages(ROLE_REQUEST, connection.received, [], [], afterOneHop(DEFAULT_LIMITS));
  const complete = messages.filter((message) => message.complete).length;
  for (let count = answered.get(connection) ?? 0; count < complete; count += 1) {
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  answered.set(connection, complete);
}

before(async () => {
  backend = await RawBackend.start(answerEach);
  engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  port = await engine.listen(engine.outbound.upstream(DESTINATION));
  parser = await NodeParser.start();
});

after(async () => {
  await engine.close();
  await backend.close();
  await parser.close();
});

/** Complete requests that reached the backend; node:http sees the same, where it knows the method. */
async function forwarded(bytes: Buffer): Promise<readonly ReadMessage[]> {
  engine.outbound.close();
  backend.connections.length = 0;
  const client = await RawClient.connect(port);
  client.send(bytes);
  client.socket.end();
  await client.untilClosed();
  client.close();
  const requests: ReadMessage[] = [];
  for (const { received } of backend.connections) {
    const { messages, failure } = readMessages(ROLE_REQUEST, received, [], [], afterOneHop(DEFAULT_LIMITS));
    assert.equal(failure, "", "what was forwarded is not valid");
    const complete = messages.filter((message) => message.complete);
    requests.push(...complete);
    if (!complete.every(({ start }) => METHODS.includes(start.split(" ")[0] as string))) continue;
    const opinion = await parser.parse(received);
    assert.deepEqual(
      opinion.requests.map(({ body }) => body),
      complete.map(({ body }) => body),
      "node:http reads what was forwarded otherwise",
    );
  }
  return requests;
}

/** Puts the Host in that the target asks for, or any. `everywhere`: also into requests sent ahead. */
function withHost(bytes: Buffer, everywhere: boolean): Buffer {
  const line = new RegExp("^(\\S+ (?:http://(?:[^/?#\\s]*@)?([^/?#\\s]+))?\\S* HTTP/1\\.1\r\n)", everywhere ? "gm" : "");
  return Buffer.from(
    bytes.toString("latin1").replace(line, (_, start: string, host: string | undefined) => `${start}Host: ${host ?? "api"}\r\n`),
    "latin1",
  );
}

/** Null when we agree, else how we differ. */
async function compareRequest(vector: LlhttpCase): Promise<string | null> {
  const bytes = NEEDS_HOST.test(vector.bytes.toString("latin1")) ? withHost(vector.bytes, true) : vector.bytes;
  const got = await forwarded(bytes);
  const wanted = vector.messages.filter(({ complete }) => complete);
  if (vector.error !== "") return got.length <= wanted.length ? null : `forwarded ${got.length} requests of ${wanted.length}`;
  if (got.length !== wanted.length) return `forwarded ${got.length} requests of ${wanted.length}`;
  const different = wanted.findIndex(({ body }, index) => Buffer.from(body, "utf8").toString("latin1") !== got[index]?.body);
  return different === -1 ? null : `body ${different} differs: ${JSON.stringify(got[different]?.body)}`;
}

function compareResponse(vector: LlhttpCase): string | null {
  const { messages, failure } = readMessages(ROLE_RESPONSE, vector.bytes);
  if (vector.error !== "") return failure === "" ? "accepted" : null;
  if (failure !== "") return failure;
  if (messages.length !== vector.messages.length) return `${messages.length} messages of ${vector.messages.length}`;
  const different = messages.findIndex(
    ({ body }, index) => body !== Buffer.from(vector.messages[index]?.body ?? "", "utf8").toString("latin1"),
  );
  return different === -1 ? null : `body ${different} differs`;
}

function judge(name: string, difference: string | null, listed: Readonly<Record<string, string>>): void {
  const reason = listed[name];
  if (difference === null) assert.equal(reason, undefined, "listed as a disagreement, but there is none");
  else assert.ok(reason !== undefined, difference);
}

describe("llhttp", { skip }, () => {
  for (const vector of corpora === undefined ? [] : readLlhttpCases(join(corpora, "llhttp"))) {
    test(vector.name, async () => {
      const difference = vector.kind === "request" ? await compareRequest(vector) : compareResponse(vector);
      judge(vector.name, difference, LLHTTP_DISAGREEMENTS);
    });
  }
});

describe("gunicorn", { skip }, () => {
  for (const { name, bytes } of corpora === undefined ? [] : readGunicornCases(join(corpora, "gunicorn-valid"))) {
    test(name, async () => {
      const full = NEEDS_HOST.test(bytes.toString("latin1")) ? withHost(bytes, false) : bytes;
      const got = await forwarded(full);
      const { requests } = await parser.parse(full);
      // Where node:http refuses what gunicorn takes, that it was forwarded at all is what can be compared.
      const same = got.length > 0 && requests.every(({ body }, index) => body === got[index]?.body);
      judge(name, same ? null : `forwarded ${got.length} of ${requests.length}`, GUNICORN_DISAGREEMENTS);
    });
  }
});
