/** The connection between two proxies belongs to many: what one client does, however hostile, never ends it for the others. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { type TestContext, describe, it } from "node:test";
import { PING, RST_STREAM, frame, headers, uint32 } from "../../../unit/proxy/http2/frames.ts";
import { Http2Peer } from "../../../support/http2/peer.ts";
import { RawClient } from "../../../support/http/raw-client.ts";
import { load, startLoad } from "../../../support/load.ts";
import { until } from "../sides.ts";
import { type Pair, startPair } from "./pair.ts";

const CANCEL = uint32(8);

/** `/hang` never answers, `/stream` answers without end, `/early` answers 413 at once; else a small answer. */
async function startApp(t: TestContext): Promise<number> {
  const chunk = Buffer.alloc(16_384, "s");
  const server: Server = createServer((request, response) => {
    response.on("error", () => {});
    if (request.url === "/hang") return;
    if (request.url === "/early") {
      response.writeHead(413, { "content-length": 0 }).end();
      return;
    }
    request.resume();
    if (request.url !== "/stream") {
      response.end("hello");
      return;
    }
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4_096, resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Runs `harm` beside honest requests; all of those succeed, and the connection of before is still there. */
async function unharmed(t: TestContext, harm: (pair: Pair) => Promise<void>): Promise<void> {
  const pair = await startPair(t, { appPort: await startApp(t) });
  await load({ port: pair.port, count: 1 });
  const honest = startLoad({ port: pair.port, connections: 4 });
  await harm(pair);
  const { outcomes, requests, latencies } = await honest.stop();
  assert.deepEqual(outcomes, { 200: requests });
  t.diagnostic(`${requests} honest requests beside it, p99 ${latencies[Math.floor(requests * 0.99)]?.toFixed(1)} ms`);
  assert.deepEqual(
    pair.outer.observer.records.filter(({ path, reason }) => path === "/" && reason !== ""),
    [],
  );
  await until("every request ends", () => pair.outboundSide.activeRequests + pair.inboundSide.activeRequests === 0, 10_000);
}

const REQUEST = [":method", "GET", ":scheme", "http", ":authority", "api", ":path", "/hang"];

describe("one client's mischief on a connection that others share", () => {
  it("thousands of streams opened and reset, over many HTTP/2 connections", async (t) => {
    await unharmed(t, async ({ port }) => {
      for (let round = 0; round < 3; round += 1) {
        const peers = await Promise.all(Array.from({ length: 12 }, () => Http2Peer.connect(port)));
        for (const peer of peers) {
          const frames: Buffer[] = [];
          for (let count = 0; count < 190; count += 1) {
            const id = peer.nextId();
            frames.push(headers(id, REQUEST), frame(RST_STREAM, 0, id, CANCEL));
          }
          peer.send(...frames);
        }
        const asked = peers.map((peer) => peer.send(frame(PING, 0, 0, "12345678")));
        await Promise.all(asked.map((peer) => peer.until("its PING answered", () => peer.closed || (peer.counts[PING] ?? 0) > 0)));
        for (const peer of peers) peer.close();
      }
    });
  });

  it("hundreds of HTTP/1 clients that leave without their answer", async (t) => {
    await unharmed(t, async ({ port, outer }) => {
      for (let round = 0; round < 3; round += 1) {
        const sockets = await Promise.all(Array.from({ length: 250 }, () => opened(port)));
        for (const socket of sockets) socket.write("GET /hang HTTP/1.1\r\nHost: api\r\n\r\n");
        await until("they are under way", () => outer.outbound.upstreamConnections > 0);
        for (const socket of sockets) socket.destroy();
      }
    });
  });

  it("requests for upgrades that HTTP/2 has no word for", async (t) => {
    await unharmed(t, async ({ port }) => {
      for (const protocol of ["foo/1.2", "websocket, foo", "HTTP/3.0, foo", "a b", "(x)"]) {
        for (let count = 0; count < 50; count += 1) {
          const client = await RawClient.connect(port);
          client.send(`GET /up HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
          await client.until((c) => c.closed || c.ended || /\r\n\r\n/.test(c.text), "an answer");
          assert.match(client.text, /^HTTP\/1\.1 (200|400) /);
          client.close();
        }
      }
    });
  });
});

function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
}
