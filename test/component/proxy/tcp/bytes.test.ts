/** What a direction carries is what came in, whatever pieces it came in and whoever stopped when. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../../../src/lib/clock.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import type { Transport } from "../../../../src/proxy/contract.ts";
import { Relay, type RelayEnd } from "../../../../src/proxy/tcp/relay.ts";
import { PlainTransport } from "../../../../src/proxy/tls/plain-transport.ts";
import { API, TestMesh, TestSource, trustIn, WEB } from "../pki.ts";
import { acceptorSide, dialSide, endpoint, listening, STRICT_TCP, until } from "../sides.ts";

const mesh = new TestMesh();
const trust = trustIn([mesh]);

interface Line {
  readonly client: Socket;
  readonly app: Socket;
  readonly ends: RelayEnd[];
}

/** client ── relay ── relay ── app, with TLS in the middle or not. */
async function line(t: TestContext, tls: boolean): Promise<Line> {
  const ends: RelayEnd[] = [];
  const relay = (first: Transport, second: Transport): void =>
    new Relay(first, second, systemClock, 60_000, (end) => void ends.push(end)).start();
  let app: Socket | undefined;
  const appPort = await serve(t, (socket) => {
    app = socket;
  });
  const inbound = (transport: Transport): void => {
    const socket = connect({ port: appPort, host: "127.0.0.1", allowHalfOpen: true });
    socket.once("connect", () => relay(transport, new PlainTransport(socket)));
  };
  const side = await acceptorSide(t, new TestSource(mesh.issue(API), trust), { mode: STRICT_TCP, tcp: inbound });
  const plainPort = await serve(t, (socket) => inbound(new PlainTransport(socket)));
  const { dialer } = dialSide(t, new TestSource(mesh.issue(WEB), trust));
  const port = await serve(t, (socket) => {
    const target = tls ? endpoint(side.port, API) : endpoint(plainPort, "");
    dialer.dial(target, "tcp", (upstream) => relay(new PlainTransport(socket), upstream), assert.fail);
  });
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => client.destroy());
  await until("the line stands", () => app !== undefined);
  return { client, app: app as Socket, ends };
}

async function serve(t: TestContext, accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    accept(socket);
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return listening(server);
}

/** Sizes at which something changes: a record, a read, a slab, and their neighbours. */
const SIZES = [1, 100, 16_383, 16_384, 16_385, 32_768, 65_535, 65_536, 65_537, 131_072, 200_000];

/** Writes pieces of these and other sizes, sometimes waiting for a turn; ends. Returns the hash of it all. */
async function feed(socket: Socket, total: number, seed: number): Promise<string> {
  const random = seededRandom(seed);
  const hash = createHash("sha256");
  for (let sent = 0; sent < total; ) {
    const size = Math.min(
      total - sent,
      random() < 0.6 ? (SIZES[Math.floor(random() * SIZES.length)] as number) : 1 + Math.floor(random() * 3_000),
    );
    const piece = randomBytes(size);
    hash.update(piece);
    sent += size;
    if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
    else if (random() < 0.3) await new Promise(setImmediate);
  }
  socket.end();
  return hash.digest("hex");
}

/** Reads to the end, sometimes stopping until the sender has been stopped too, or a while is over. */
async function drink(socket: Socket, sender: Socket, seed: number): Promise<string> {
  const random = seededRandom(seed);
  const hash = createHash("sha256");
  let stopped = 0;
  socket.on("data", (piece: Buffer) => {
    hash.update(piece);
    if (random() > 0.01 || stopped > 5) return;
    stopped += 1;
    socket.pause();
    void until("the sender is stopped", () => sender.writableNeedDrain, 100)
      .catch(() => {})
      .then(() => socket.resume());
  });
  await new Promise((resolve) => socket.once("end", resolve));
  return hash.digest("hex");
}

describe("bytes through two relays", () => {
  for (const tls of [true, false]) {
    it(`arrive unchanged both ways at once, ${tls ? "under TLS" : "in plaintext"}`, async (t) => {
      for (let round = 1; round <= 3; round += 1) {
        const { client, app, ends } = await line(t, tls);
        const total = 3 * 1024 * 1024 + round;
        const [up, down, heardUp, heardDown] = await Promise.all([
          feed(client, total, round),
          feed(app, total, round + 10),
          drink(app, client, round + 20),
          drink(client, app, round + 30),
        ]);
        assert.equal(heardUp, up, `up, seed ${round}`);
        assert.equal(heardDown, down, `down, seed ${round}`);
        await until("both relays ended", () => ends.length === 2);
        for (const end of ends) assert.deepEqual(end, { bytesForward: total, bytesBack: total, how: "closed", brokenBy: null });
      }
    });
  }

  it("pass one by one without waiting for more", async (t) => {
    for (const tls of [true, false]) {
      const { client, app } = await line(t, tls);
      app.on("data", (piece: Buffer) => app.write(piece));
      // A full record alone must not wait either.
      for (const size of [1, 16_384, 16_384 * 2, 5, 16_384]) {
        let back = 0;
        client.on("data", (piece: Buffer) => {
          back += piece.length;
        });
        client.write(Buffer.alloc(size, 1));
        await until(`${size} bytes are back`, () => back === size);
        client.removeAllListeners("data");
      }
    }
  });
});
