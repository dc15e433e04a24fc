/** Sixteen clients that stop reading, on the one connection between two proxies, stop nobody (promise S4). */
import assert from "node:assert/strict";
import { type Socket, connect } from "node:net";
import { test } from "node:test";
import { HttpApp } from "../../../support/http/app.ts";
import { load } from "../../../support/load.ts";
import { freePort } from "../../../support/mesh.ts";
import { until } from "../sides.ts";
import { startPair } from "./pair.ts";

const MIB = 1_024 * 1_024;
const READERS = 16;
const BODY_BYTES = 100 * MIB;
/** Windows of both hops and what the sockets of this process hold. */
const MOST_GROWTH = 48 * MIB;

test("sixteen stalled readers stop nobody, and get the rest when they read on", async (t) => {
  const app = new HttpApp(1);
  const appPort = await freePort();
  await app.listen(appPort);
  t.after(() => app.close());
  const { port, outer, outboundSide } = await startPair(t, { appPort });
  await load({ port, count: 500 });
  const before = process.memoryUsage();
  const readers: Socket[] = [];
  t.after(() => {
    for (const socket of readers) socket.destroy();
  });
  for (let count = 0; count < READERS; count += 1) {
    const socket = connect({ port, host: "127.0.0.1" });
    readers.push(socket);
    socket.write(`GET /bytes/${BODY_BYTES} HTTP/1.1\r\nHost: api\r\n\r\n`);
    socket.once("data", () => socket.pause());
  }
  await until("all have begun", () => readers.every((socket) => socket.isPaused()));
  const { outcomes, latencies } = await load({ port, count: 1_000, connections: 1 });
  const now = process.memoryUsage();
  const grown = now.arrayBuffers + now.external - before.arrayBuffers - before.external;
  assert.deepEqual(outcomes, { 200: 1_000 });
  assert.equal(outer.outbound.upstreamConnections, 1, "they share one connection");
  assert.equal(outboundSide.activeRequests, READERS);
  assert.ok(grown < MOST_GROWTH, `${(grown / MIB).toFixed(0)} MiB`);
  t.diagnostic(`p99 ${latencies[990]?.toFixed(1)} ms beside them; buffers grew by ${(grown / MIB).toFixed(1)} MiB`);

  // One of them reads on, and gets all of it.
  const [first] = readers as [Socket];
  let bytes = 0;
  first.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  first.resume();
  const most = BODY_BYTES - 8 * MIB;
  await until("the rest of its answer", () => bytes > most, 30_000);
});
