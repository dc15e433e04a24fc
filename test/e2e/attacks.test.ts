/** Promise S3 on the built proxies: each attack is cut, traffic beside it does not fail, memory stays bounded. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { ENHANCE_YOUR_CALM } from "../../src/proxy/http2/codec/error-codes.ts";
import { PREFACE } from "../../src/proxy/http2/codec/frame.ts";
import { HttpApp } from "../support/http/app.ts";
import { ATTACKS, attack } from "../support/http2/attacks.ts";
import { Http2Peer } from "../support/http2/peer.ts";
import { load, startLoad } from "../support/load.ts";
import { startMesh } from "../support/mesh.ts";
import { startPair } from "../support/pair.ts";
import { MemoryWatch } from "../support/process-memory.ts";
import { clientStart, headers, settings, settingsAck } from "../unit/proxy/http2/frames.ts";

const MIB = 1_024 * 1_024;
/** What a proxy may grow by under all attacks one after the other; its own heap moves by about half of that. */
const MOST_GROWTH = 64 * MIB;
/** An attacker is cut after so many frames; a peer that says it is one of our proxies may cause more resets. */
const MOST_FRAMES = 1_000;
const MOST_FRAMES_MESH = 60_000;
/** `stallTimeoutMs`, and the tick that looks. */
const STALL_LIMIT_MS = 33_000;
/** Nothing may be sent on any stream. */
const shutStart: Buffer = Buffer.concat([PREFACE, settings(4, 0), settingsAck]);

test("HTTP/2 attacks on the built proxies (S3)", { timeout: 180_000 }, async (t) => {
  const mesh = await startMesh(t);
  const app = new HttpApp(1);
  t.after(() => app.close());
  const pair = await startPair(mesh, [{ name: "victim", protocol: "http", listen: (port) => app.listen(port) }]);
  const dir = join(mesh.home, "..", "attacker");
  await mesh.ok(["cert", "issue", "--identity", "ns/ci/sa/attacker", "--out", dir]);
  const identity = { cert: readFileSync(join(dir, "cert.pem")), key: readFileSync(join(dir, "key.pem")) };
  const port = pair.port("victim");

  const peerOver = async (alpn: string, start: Buffer = clientStart): Promise<Http2Peer> => {
    // Whose certificate the proxy presents is the subject of identity.test.ts.
    const socket = connectTls({ port: pair.inboundPort, host: "127.0.0.1", ...identity, ALPNProtocols: [alpn], rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    return new Http2Peer(socket, "client").send(start);
  };
  const positions: Readonly<Record<string, (start?: Buffer) => Promise<Http2Peer>>> = {
    "client → outbound": (start: Buffer = clientStart) => Http2Peer.connect(port, {}, start),
    "peer → inbound, h2": (start) => peerOver("h2", start),
    "peer → inbound, meshctl/h2": (start) => peerOver("meshctl/h2", start),
  };

  // What a proxy makes once is there before it is measured.
  await load({ port, count: 2_000 });
  const watch = new MemoryWatch(pair.proxyPids);

  // Runs beside all others: its limit is a time.
  const stalled = await Promise.all(
    Object.entries(positions).map(async ([position, open]) => {
      const peer = await open(shutStart);
      const began = performance.now();
      for (let count = 0; count < 100; count += 1) {
        peer.send(headers(peer.nextId(), [":method", "GET", ":scheme", "http", ":authority", "victim", ":path", "/bytes/1000000"]));
      }
      return { position, peer, began };
    }),
  );

  for (const [position, open] of Object.entries(positions)) {
    for (const each of ATTACKS) {
      await t.test(`${position}: ${each.name}`, async (t) => {
        const beside = startLoad({ port, connections: 4 });
        const peer = await open();
        const mesh2 = position.endsWith("meshctl/h2");
        const { frames, ms } = await attack(peer, each, mesh2 ? MOST_FRAMES_MESH : MOST_FRAMES);
        const { outcomes, requests, latencies } = await beside.stop();
        assert.deepEqual([peer.goaway?.error, peer.goaway?.debug], [ENHANCE_YOUR_CALM, each.code]);
        await peer.until("its connection is closed", ({ closed }) => closed);
        assert.deepEqual(outcomes, { 200: requests });
        const p99 = latencies[Math.floor(requests * 0.99)]?.toFixed(1);
        t.diagnostic(`cut after ${frames} frames sent, ${ms.toFixed(0)} ms; beside it ${requests} requests, p99 ${p99} ms`);
      });
    }
  }

  for (const { position, peer, began } of stalled) {
    await t.test(`${position}: windows that stay shut`, async (t) => {
      const all = (): boolean => [...peer.messages.values()].filter(({ reset }) => reset === ENHANCE_YOUR_CALM).length === 100;
      await peer.until("every stream is reset", all, Math.max(1, STALL_LIMIT_MS - (performance.now() - began)));
      t.diagnostic(`reset ${((performance.now() - began) / 1_000).toFixed(0)} s after the requests`);
      peer.close();
    });
  }

  await t.test("memory, and service as before", async (t) => {
    const after = await load({ port, count: 500 });
    assert.deepEqual(after.outcomes, { 200: 500 });
    const growth = watch.stop();
    t.diagnostic(`growth at most ${growth.map((bytes) => (bytes / MIB).toFixed(0)).join(" and ")} MiB (outbound and inbound proxy)`);
    for (const bytes of growth) assert.ok(bytes < MOST_GROWTH, `${bytes} bytes`);
  });
});
