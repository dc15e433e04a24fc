/** The first byte of a request starts the deadline of its head, also while it is not clear yet which HTTP it is (RFC 9113 3.4). */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../../src/lib/clock.ts";
import { DEFAULT_LIMITS } from "../../../../src/proxy/contract.ts";
import { UpstreamAcceptor } from "../../../../src/proxy/runtime/upstream-listener.ts";
import type { OutboundTcp } from "../../../../src/proxy/tcp/outbound.ts";
import { startEngine } from "../../../support/http/engine.ts";
import { RawBackend, answering } from "../../../support/http/raw-backend.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";
import { listening } from "../sides.ts";

const HEAD_MS = 1_000;
/** Whoever got this in addition would be answered far later. */
const IDLE_MS = 20_000;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A listener of a destination declared http. */
async function start(t: TestContext): Promise<number> {
  const backend = await RawBackend.start(answering(OK));
  const limits = { headerDeadlineMs: HEAD_MS, idleConnectionMs: IDLE_MS };
  const view = new StubView([endpoint(backend.port)]);
  const engine = startEngine({ view, limits });
  const acceptor = new UpstreamAcceptor({
    destination: DESTINATION,
    config: view,
    http: engine.outbound.upstream(DESTINATION),
    tcp: {} as OutboundTcp,
    clock: systemClock,
    limits: { ...DEFAULT_LIMITS, ...limits },
    silent: () => {},
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => acceptor.accept(socket));
  t.after(async () => {
    server.close();
    await engine.close();
    await backend.close();
  });
  return listening(server);
}

for (const beginning of ["P", "PR", "PUT / HT", "GET / HTTP/1.1\r\nHost: api\r\n"]) {
  test(`${JSON.stringify(beginning)} and then nothing`, async (t) => {
    const client = await RawClient.connect(await start(t));
    const startedMs = performance.now();
    client.send(beginning);
    await client.until((c) => c.text.includes("\r\n\r\n") || c.ended || c.closed, "an end", IDLE_MS / 2);
    const tookMs = performance.now() - startedMs;
    t.diagnostic(`${Math.round(tookMs)} ms: ${client.text.slice(0, 40)}`);
    assert.match(client.text, /^HTTP\/1\.1 408 [^]*x-meshctl-reason: header-timeout/i);
    assert.ok(tookMs >= HEAD_MS - 1, `after ${tookMs} ms`);
    client.close();
  });
}

test("a beginning in two pieces is a request all the same", async (t) => {
  const client = await RawClient.connect(await start(t));
  client.send("P");
  await new Promise((resolve) => setTimeout(resolve, HEAD_MS / 4));
  client.send("UT / HTTP/1.1\r\nHost: api\r\nContent-Length: 0\r\n\r\n");
  await client.untilText("ok");
  client.close();
});
