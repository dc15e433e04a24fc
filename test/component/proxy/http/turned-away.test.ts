/** Requests that are answered 503 before anything is looked at: at once, or when there is time for it. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { RequestGate } from "../../../../src/proxy/overload/overload.ts";
import type { Refused } from "../../../../src/proxy/overload/refusals.ts";
import { startEngine, type TestEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";
const REFUSED = /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*x-meshctl-reason: overloaded\r\n/;
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

/** Lets in, refuses, and gives leave to answer as it is told. */
class Gate implements RequestGate {
  letsIn = false;
  atOnce = true;
  underWay = 0;
  readonly waiting: Refused[] = [];
  begun(): void {
    this.underWay += 1;
  }
  ended(): void {
    this.underWay -= 1;
  }
  admits(): boolean {
    return this.letsIn;
  }
  mayRefuse(refused: Refused): boolean {
    if (!this.atOnce) this.waiting.push(refused);
    return this.atOnce;
  }
}

async function start(): Promise<{ gate: Gate; engine: TestEngine; client: RawClient; backend: RawBackend }> {
  const backend = await RawBackend.start(answering(OK));
  cleanup.push(() => backend.close());
  const engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  cleanup.push(() => engine.close());
  const gate = new Gate();
  (engine.engine as { overload: RequestGate }).overload = gate;
  engine.observer.wantsDetails = false;
  const client = await RawClient.connect(await engine.listen(engine.outbound.upstream(DESTINATION)));
  cleanup.push(() => client.close());
  return { gate, engine, client, backend };
}

const answers = (client: RawClient): number => client.text.split("HTTP/1.1 ").length - 1;

test("one after the other on a connection that stays, and counted with whose and what service", async () => {
  const { gate, engine, client, backend } = await start();
  client.send(GET + GET);
  await client.until((c) => answers(c) === 2 && c.text.endsWith("\n"), "two answers");
  assert.match(client.text, REFUSED);
  gate.letsIn = true;
  client.send(GET);
  await client.until((c) => c.text.endsWith("ok"), "the third");
  assert.equal(backend.text.split("GET / ").length - 1, 1, "only what was let in is sent on");
  const [first] = engine.observer.records;
  assert.deepEqual(
    [first?.status, first?.reason, first?.service, first?.source, first?.direction],
    [503, "overloaded", DESTINATION, "default/web", "outbound"],
  );
  assert.equal(engine.observer.records.length, 3);
  assert.equal(gate.underWay, 0);
});

for (const [what, request] of [
  ["with a body that is on its way", "POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhello"],
  ["in chunks", "POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
] as const) {
  test(`a request ${what} is read to its end, and the next one is understood`, async () => {
    const { gate, client } = await start();
    client.send(request);
    await client.until((c) => answers(c) === 1, "an answer");
    assert.match(client.text, REFUSED);
    gate.letsIn = true;
    client.send(GET);
    await client.until((c) => c.text.endsWith("ok"), "the second");
  });
}

test("HEAD gets no body, and who asks for the end gets it", async () => {
  const { client } = await start();
  client.send("HEAD / HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.until((c) => c.text.endsWith("\r\n\r\n"), "the head");
  assert.match(client.text, REFUSED);
  client.send("GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");
  await client.until((c) => c.ended || c.closed, "the end");
  assert.match(client.text, /connection: close\r\n/);
});

test("one that has to wait is answered when it may be; what its client sends meanwhile comes after", async () => {
  const { gate, engine, client } = await start();
  gate.atOnce = false;
  client.send(GET);
  await client.until(() => gate.waiting.length === 1, "it waits");
  gate.letsIn = true;
  client.send(GET);
  gate.waiting.shift()?.refuse(700);
  await client.until((c) => c.text.endsWith("ok"), "both answers");
  assert.match(client.text, REFUSED);
  assert.equal(answers(client), 2);
  assert.equal(engine.observer.records[0]?.durationMs, 700);
});

test("one that has gone meanwhile is not answered, and one with details is", async () => {
  const { gate, engine, client } = await start();
  gate.atOnce = false;
  client.send(GET);
  await client.until(() => gate.waiting.length === 1, "it waits");
  client.close();
  gate.waiting.shift()?.refuse(10);
  engine.observer.wantsDetails = true;
  const other = await RawClient.connect(await engine.listen(engine.outbound.upstream(DESTINATION)));
  cleanup.push(() => other.close());
  other.send("GET /shown HTTP/1.1\r\nHost: api\r\nX-Request-Id: 7\r\n\r\n");
  await other.until(() => gate.waiting.length === 1, "it waits");
  gate.waiting.shift()?.refuse(20);
  await other.until((c) => c.text.includes("\nrequest: "), "its answer");
  const record = engine.observer.records.at(-1);
  assert.deepEqual([record?.path, record?.reason, record?.service], ["/shown", "overloaded", DESTINATION]);
  assert.ok((record?.durationMs ?? 0) >= 20);
});
