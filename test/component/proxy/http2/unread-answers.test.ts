/** Clients that ask and do not read (promise S4): no window holds heads back, so the proxy stops listening to them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { bytesInWires } from "../../../../src/proxy/wire.ts";
import { PING, frame, headers, uint32 } from "../../../unit/proxy/http2/frames.ts";
import { Http2Peer } from "../../../support/http2/peer.ts";
import { load } from "../../../support/load.ts";
import { until } from "../sides.ts";
import { startPair } from "./pair.ts";

const HEAD_BYTES = 8_000;
/** Asked for at most: far beyond what the kernel keeps for a socket. */
const MOST = 3_000;
const BATCH = 50;

/** Its heads are large and never the same, so that no table makes them small. */
async function startApp(t: TestContext): Promise<number> {
  const server = createServer((_request, response) => {
    response.setHeader("x-large", randomBytes(HEAD_BYTES / 2).toString("hex"));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

test("heads that nobody reads fill no memory, and all come once somebody does", async (t) => {
  const { port, outer, outboundSide } = await startPair(t, { appPort: await startApp(t) });
  const peer = await Http2Peer.connect(port);
  await peer.until("SETTINGS", ({ counts }) => counts[4] === 2);
  peer.socket.pause();
  let asked = 0;
  const answered = (): number => outer.observer.records.length;
  while (asked < MOST && answered() === asked) {
    asked += BATCH;
    for (let count = 0; count < BATCH; count += 1) {
      peer.send(headers(peer.nextId(), [":method", "HEAD", ":scheme", "http", ":authority", "api", ":path", "/"]));
    }
    await until("answers", () => answered() === asked, 1_000).catch(() => {});
  }
  assert.ok(asked < MOST, `${asked} answers of ${HEAD_BYTES} bytes were taken for a client that reads none`);
  await until("what was taken is answered", () => outboundSide.activeRequests === 0, 10_000);
  assert.ok(bytesInWires() > 700 * 1_024, "frames that wait before the socket are counted as what waits in it is");
  await load({ port, count: 20 }).then(({ outcomes }) => assert.deepEqual(outcomes, { 200: 20 }));
  peer.socket.resume();
  await peer.until("every answer", ({ messages }) => messages.size === asked && [...messages.values()].every(({ ended }) => ended));
  assert.ok([...peer.messages.values()].every(({ status }) => status === 200));
  peer.close();
});

test("a client that attacks and reads nothing is gone all the same", async (t) => {
  const { port, outboundSide } = await startPair(t, { appPort: await startApp(t) });
  const peer = await Http2Peer.connect(port);
  await peer.until("SETTINGS", ({ counts }) => counts[4] === 2);
  peer.socket.pause();
  // Answers that fill every buffer on the way first, so that GOAWAY cannot leave.
  for (let round = 0; round < 14; round += 1) {
    const before = outboundSide.activeRequests;
    for (let count = 0; count < BATCH; count += 1) {
      peer.send(headers(peer.nextId(), [":method", "HEAD", ":scheme", "http", ":authority", "api", ":path", "/"]));
    }
    await until("answers", () => outboundSide.activeRequests <= before, 1_000).catch(() => {});
  }
  assert.equal(outboundSide.openConnections, 1);
  for (let count = 0; count < 1_000; count += 1) peer.send(frame(PING, 0, 0, uint32(count, count)));
  await until("the connection is gone", () => outboundSide.openConnections === 0, 10_000);
  peer.close();
});
