import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type TestEngine, startEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

async function start(
  answer: Parameters<typeof RawBackend.start>[0],
): Promise<{ backend: RawBackend; engine: TestEngine; client: RawClient }> {
  const backend = await RawBackend.start(answer);
  cleanup.push(() => backend.close());
  const engine = startEngine({ view: new StubView([endpoint(backend.port)]) });
  cleanup.push(() => engine.close());
  const client = await RawClient.connect(await engine.listen(engine.outbound.upstream(DESTINATION)));
  cleanup.push(() => client.close());
  return { backend, engine, client };
}

test("a request goes through with its own bytes, a request id and nothing else", async () => {
  const { backend, engine, client } = await start(answering(OK));
  client.send("GET /a?b=c HTTP/1.1\r\nHost: api\r\nX-One:  1 \r\n\r\n");
  await client.untilText("ok");
  assert.match(backend.text, /^GET \/a\?b=c HTTP\/1\.1\r\nHost: api\r\nX-One: {2}1 \r\nx-request-id: [0-9a-f]{16}-1\r\n\r\n$/);
  assert.equal(client.text, OK);
  const [record] = engine.observer.records;
  assert.equal(record?.status, 200);
  assert.equal(record?.path, "/a");
  assert.equal(record?.service, DESTINATION);
});

test("two requests use one upstream connection", async () => {
  const { backend, client } = await start(answering(OK));
  client.send("GET /1 HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.untilText(OK);
  client.send("GET /2 HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.untilText(OK + OK);
  assert.equal(backend.connections.length, 1);
});

test("pipelined requests are answered in order", async () => {
  const { backend, client } = await start(answering((head) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${head.slice(5, 6)}`));
  client.send("GET /1 HTTP/1.1\r\nHost: api\r\n\r\nGET /2 HTTP/1.1\r\nHost: api\r\n\r\nGET /3 HTTP/1.1\r\nHost: api\r\n\r\n");
  await client.until((c) => /1HTTP[^]*2HTTP[^]*3$/.test(c.text), "three answers");
  assert.equal(backend.connections.length, 1);
});
