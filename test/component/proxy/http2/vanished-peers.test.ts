/** A proxy that is gone without a word: whoever it called does not work on for it, and a silent one that lives is left alone. */
import assert from "node:assert/strict";
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ALPN } from "../../../../src/messages/names.ts";
import { PING, headers } from "../../../unit/proxy/http2/frames.ts";
import type { HttpServerSide } from "../../../../src/proxy/contract.ts";
import { type TestEngine, plain, startEngine } from "../../../support/http/engine.ts";
import { StubView } from "../../../support/http/stub-view.ts";
import { Http2Peer } from "../../../support/http2/peer.ts";
import { PausedClock } from "../../../support/paused-clock.ts";
import { until } from "../sides.ts";

const REQUEST = [":method", "GET", ":scheme", "http", ":authority", "api", ":path", "/"];

interface Setup {
  readonly clock: PausedClock;
  readonly engine: TestEngine;
  readonly side: HttpServerSide;
  readonly peer: Http2Peer;
  readonly asked: IncomingMessage[];
}

/** An inbound proxy on a clock of its own, a peer with one request under way, an application that never answers. */
async function start(t: TestContext, alpn: string): Promise<Setup> {
  const asked: IncomingMessage[] = [];
  const app = createServer((request) => void asked.push(request));
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const appPort = (app.address() as AddressInfo).port;
  const clock = new PausedClock(1_800_000_000_000);
  const view = new StubView([]);
  view.addInbound(appPort);
  const engine = startEngine({ view, clock });
  t.after(async () => {
    await engine.close();
    app.close();
    app.closeAllConnections();
  });
  const side = engine.inbound.port(appPort);
  const port = await engine.listen(side, (socket) => ({ ...plain(socket), mtls: true, alpn }));
  const peer = await Http2Peer.connect(port);
  t.after(() => peer.close());
  await peer.until("SETTINGS", ({ counts }) => counts[4] === 2);
  peer.send(headers(peer.nextId(), REQUEST));
  await until("the application's request", () => asked.length === 1);
  return { clock, engine, side, peer, asked };
}

/** Lets `seconds` pass, and what they bring travel. */
async function pass({ clock, peer }: Setup, seconds: number): Promise<void> {
  for (let second = 0; second < seconds && !peer.closed; second += 1) {
    clock.advance(1_000);
    for (let turns = 0; turns < 5; turns += 1) await turn();
  }
}

test("a peer that does not answer is gone: its requests end at the application", async (t) => {
  const setup = await start(t, ALPN.H2);
  const { peer, engine, side, asked } = setup;
  // Stopped, as its machine might be: nothing is read, nothing sent.
  peer.socket.pause();
  let ended = false;
  asked[0]?.on("close", () => (ended = true));
  await pass(setup, 19);
  assert.deepEqual([ended, engine.observer.records.length], [false, 0]);
  await pass(setup, 4);
  await until("the application's request to end", () => ended);
  assert.equal(engine.observer.records[0]?.reason, "downstream-reset");
  await until("the end of the connection", () => {
    setup.clock.advance(1_000);
    return side.openConnections === 0;
  });
});

test("one that lives and has nothing to say is asked now and then, and keeps its request", async (t) => {
  const setup = await start(t, ALPN.H2);
  const { peer, side, clock } = setup;
  for (let minutes = 0; minutes < 5; minutes += 1) {
    for (let tens = 0; tens < 6; tens += 1) {
      const before = peer.counts[PING] ?? 0;
      for (let second = 0; second < 11; second += 1) clock.advance(1_000);
      await peer.until("a question", ({ counts }) => (counts[PING] ?? 0) > before);
      // Its answer is what the next silence is counted from.
      await until("the answer", () => peer.socket.bytesWritten > 0);
      for (let turns = 0; turns < 5; turns += 1) await turn();
    }
  }
  assert.ok((peer.counts[PING] as number) <= 60, `${peer.counts[PING]} questions in five minutes`);
  assert.deepEqual([peer.closed, peer.goaway, side.activeRequests], [false, null, 1]);
});

test("strangers are not asked: not every client reads all the time", async (t) => {
  const setup = await start(t, "h2");
  await pass(setup, 120);
  assert.deepEqual([setup.peer.counts[PING], setup.side.activeRequests], [undefined, 1]);
});
