/** Everything at once, seeded: outbound, inbound, bodies of all sizes, resets and aborts. Whole answers are the right ones, nothing is left behind. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Random, seededRandom } from "../../../../src/lib/random.ts";
import { ALPN } from "../../../../src/messages/names.ts";
import { startEngine } from "../../../support/http/engine.ts";
import { API, TestMesh, TestSource, WEB, trustIn } from "../pki.ts";
import { STRICT_HTTP, acceptorSide, dialSide } from "../sides.ts";
import { DESTINATION, StubView, endpoint } from "../../../support/http/stub-view.ts";

const REQUESTS = 1_000;
const CLIENTS = 24;
const SIZES = [0, 1, 100, 5_000, 40_000, 70_000, 300_000];

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** Does what `x-do` says: echoes in one of several ways, or breaks off. */
function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const what = incoming.headers["x-do"];
  const chunks: Buffer[] = [];
  if (what === "early") outgoing.writeHead(413, { "content-length": 0 }).end();
  if (what === "reset-at-once") return void incoming.socket.resetAndDestroy();
  incoming.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (what === "stream") outgoing.write(chunk);
  });
  incoming.on("error", () => {});
  incoming.on("end", () => {
    const body = Buffer.concat(chunks);
    if (what === "length" || what === "abandon") outgoing.writeHead(200, { "content-length": body.length }).end(body);
    else if (what === "chunked") outgoing.end(body);
    else if (what === "close") outgoing.writeHead(200, { connection: "close" }).end(body);
    else if (what === "stream") outgoing.end();
    else if (what === "reset-in-body") {
      outgoing.writeHead(200, { "content-length": body.length + 10 });
      outgoing.write(body, () => incoming.socket.resetAndDestroy());
    }
  });
}

interface Outcome {
  readonly status: number;
  readonly body: Buffer;
  readonly failed: boolean;
}

function send(port: number, agent: Agent, random: Random, what: string, body: Buffer): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunked = random() < 0.5;
    const headers = { "x-do": what, ...(chunked ? {} : { "content-length": body.length }) };
    const outgoing = request({ port, host: "127.0.0.1", agent, method: "POST", path: "/x", headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      const end = (failed: boolean) => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks), failed });
      incoming.on("end", () => end(!incoming.complete));
      incoming.on("error", () => end(true));
      if (what === "abandon") {
        incoming.destroy();
        end(true);
      }
    });
    outgoing.on("error", () => resolve({ status: 0, body: Buffer.alloc(0), failed: true }));
    if (what === "abort") {
      outgoing.write(body.subarray(0, body.length >> 1));
      setImmediate(() => outgoing.destroy());
    } else if (random() < 0.5) {
      outgoing.end(body);
    } else {
      const middle = Math.floor(body.length * random());
      outgoing.write(body.subarray(0, middle));
      setImmediate(() => outgoing.end(body.subarray(middle)));
    }
  });
}

for (const transport of [ALPN.H1, ALPN.H2])
  test(`${REQUESTS} requests of every kind through two proxies and mutual TLS, over ${transport}`, async (t) => {
    const server = createServer(answer);
    server.on("clientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const appPort = (server.address() as AddressInfo).port;
    const mesh = new TestMesh();
    const trust = trustIn([mesh]);

    const inboundView = new StubView([]);
    inboundView.addInbound(appPort);
    const limits = { idleConnectionMs: 1_000 };
    const inner = startEngine({ view: inboundView, limits });
    const inboundSide = inner.inbound.port(appPort);
    const acceptor = await acceptorSide(t, new TestSource(mesh.issue(API), trust), {
      mode: STRICT_HTTP,
      http: (transport) => inboundSide.serve(transport),
    });

    const { dialer } = dialSide(t, new TestSource(mesh.issue(WEB), trust));
    const outer = startEngine({ view: new StubView([{ ...endpoint(acceptor.port, API), capabilities: [transport] }]), dialer, limits });
    const outboundSide = outer.outbound.upstream(DESTINATION);
    const port = await outer.listen(outboundSide);

    const random = seededRandom(42);
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const kinds = [
      "length",
      "length",
      "chunked",
      "chunked",
      "stream",
      "close",
      "early",
      "reset-at-once",
      "reset-in-body",
      "abort",
      "abandon",
    ];
    const whole = Buffer.alloc(SIZES.at(-1) as number);
    for (let index = 0; index < whole.length; index += 1) whole[index] = Math.floor(random() * 256);

    const counts: Record<string, number> = {};
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < REQUESTS) {
        next += 1;
        const what = pick(random, kinds);
        const body = whole.subarray(0, pick(random, SIZES));
        const outcome = await send(port, agent, random, what, body);
        counts[what] = (counts[what] ?? 0) + 1;
        const echoed = ["length", "chunked", "stream", "close"].includes(what);
        if (echoed) {
          assert.deepEqual(
            [outcome.status, outcome.failed, outcome.body.length],
            [200, false, body.length],
            `${what}: ${outcome.body.toString("latin1", 0, 200)}`,
          );
          assert.equal(digest(outcome.body), digest(body));
        } else if (what === "reset-in-body") assert.ok(outcome.failed, "a part was taken for the whole");
        else if (what === "reset-at-once") assert.ok(outcome.failed || outcome.status === 502, `${outcome.status}`);
        else if (what === "early") assert.ok(outcome.failed || outcome.status === 413, `${outcome.status}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    agent.destroy();
    const limit = Date.now() + 10_000;
    const left = () => outboundSide.openConnections + inboundSide.openConnections;
    outer.outbound.close();
    while (left() > 0 || outboundSide.activeRequests > 0 || inboundSide.activeRequests > 0) {
      assert.ok(
        Date.now() < limit,
        `left: ${outboundSide.openConnections} ${inboundSide.openConnections} ${outboundSide.activeRequests} ${inboundSide.activeRequests}`,
      );
      await turn();
    }
    await outer.close();
    await inner.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    // An abort may come before its request does; what came has exactly one end.
    assert.ok(outer.observer.records.length > REQUESTS / 2);
    assert.ok(outer.observer.records.every(({ status, reason }) => status > 0 || reason !== ""));
    assert.ok(Object.keys(counts).length > 8);
  });
