import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { EndpointState } from "../../../../src/decide/contract.ts";
import { Wheel } from "../../../../src/lib/wheel.ts";
import { DEFAULT_LIMITS, type Dialer, type Transport } from "../../../../src/proxy/contract.ts";
import { Outbox } from "../../../../src/proxy/http1/outbox.ts";
import type { ClientConnection } from "../../../../src/proxy/http1/client-connection.ts";
import type { Upstream } from "../../../../src/proxy/http/upstream.ts";
import { EndpointPool, FULL, type PoolOptions, WAITING, type Waiter } from "../../../../src/proxy/pool/endpoint-pool.ts";
import { endpoint } from "../../../support/http/stub-view.ts";
import { PausedClock } from "../../../support/paused-clock.ts";

/** Enough of a socket for a pool: it can be destroyed. */
class FakeSocket extends EventEmitter {
  readableLength = 0;
  writableLength = 0;
  destroyed = false;
  setNoDelay(): void {}
  resume(): void {}
  pause(): void {}
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit("close");
  }
}

interface Setup {
  readonly pool: EndpointPool;
  readonly clock: PausedClock;
  readonly dials: { up: (retired?: { retired: boolean }) => FakeSocket; fail: () => void }[];
  emptied: number;
}

function setup(options: Partial<PoolOptions> = {}): Setup {
  const clock = new PausedClock(0);
  const dials: Setup["dials"] = [];
  const dialer: Dialer = {
    dial(_state, _want, up, failed) {
      dials.push({
        up(flags = { retired: false }) {
          const socket = new FakeSocket();
          const transport = { socket: socket as unknown as Socket, peerIdentity: "", mtls: false, alpn: "" };
          up(Object.defineProperty(transport, "retired", { get: () => flags.retired }) as Transport);
          return socket;
        },
        fail: () => failed("connect-failed", "no"),
      });
    },
  };
  const state: EndpointState = { endpoint: endpoint(1), inFlight: 0 };
  const made = {
    clock,
    dials,
    emptied: 0,
    pool: new EndpointPool(
      state,
      false,
      {
        dialer,
        clock,
        wheel: new Wheel(clock, 10),
        leaveMs: 60_000,
        outbox: new Outbox(),
        limits: DEFAULT_LIMITS,
        maxConnections: 2,
        maxChannels: 2,
        maxPending: 1,
        idleMs: 4_000,
        meshIdleMs: 60_000,
        ...options,
      },
      () => {
        made.emptied += 1;
      },
    ),
  };
  return made;
}

class Request implements Waiter {
  connection: ClientConnection | null = null;
  failure = "";
  connected(upstream: Upstream): void {
    this.connection = upstream as ClientConnection;
  }
  connectFailed(reason: string): void {
    this.failure = reason;
  }
}

function opened({ pool, dials }: Setup, flags?: { retired: boolean }): ClientConnection {
  const request = new Request();
  assert.equal(pool.open(request), WAITING);
  dials.at(-1)?.up(flags);
  return request.connection as ClientConnection;
}

test("a connection given back is taken again, the last one first", () => {
  const s = setup();
  const [a, b] = [opened(s), opened(s)];
  a.giveBack(true, s.clock.monotonicMs());
  b.giveBack(true, s.clock.monotonicMs());
  assert.equal(s.pool.take(false), b);
  assert.equal(s.pool.take(false), a);
  assert.equal(s.pool.take(false), null);
});

test("an idle connection goes after its time, and the empty pool says so", () => {
  const s = setup();
  opened(s).giveBack(true, s.clock.monotonicMs());
  s.clock.advance(3_990);
  assert.equal(s.pool.idleConnections, 1);
  s.clock.advance(50);
  assert.equal(s.pool.openConnections, 0);
  assert.equal(s.emptied, 1);
});

test("a busy connection does not go, however old its last idle deadline is", () => {
  const s = setup();
  const connection = opened(s);
  connection.giveBack(true, s.clock.monotonicMs());
  assert.equal(s.pool.take(false), connection);
  connection.send({} as never, { writeHttp1: () => {} } as never, { method: "GET" } as never, { upgrade: false } as never, true);
  s.clock.advance(10_000);
  assert.equal(s.pool.openConnections, 1);
});

test("Keep-Alive: timeout=N minus a second; none left means not kept", () => {
  const s = setup();
  const connection = opened(s);
  connection.keepAliveSeconds = 10;
  connection.giveBack(true, s.clock.monotonicMs());
  s.clock.advance(8_900);
  assert.equal(s.pool.idleConnections, 1);
  s.clock.advance(200);
  assert.equal(s.pool.idleConnections, 0);
  const short = opened(s);
  short.keepAliveSeconds = 1;
  short.giveBack(true, s.clock.monotonicMs());
  assert.equal(s.pool.openConnections, 0);
});

test("what may not be used again is not: told so, or retired while idle", () => {
  const s = setup();
  const closing = opened(s);
  closing.reusable = false;
  closing.giveBack(true, s.clock.monotonicMs());
  assert.equal(s.pool.openConnections, 0);
  const flags = { retired: false };
  opened(s, flags).giveBack(true, s.clock.monotonicMs());
  flags.retired = true;
  assert.equal(s.pool.take(false), null);
  assert.equal(s.pool.openConnections, 0);
});

test("at the limit requests wait, one more is too many, and a connection given back goes to the one that waits", () => {
  const s = setup();
  const first = opened(s);
  opened(s);
  const waiting = new Request();
  assert.equal(s.pool.open(waiting), WAITING);
  assert.equal(s.pool.open(new Request()), FULL);
  assert.equal(s.dials.length, 2);
  first.giveBack(true, s.clock.monotonicMs());
  assert.equal(waiting.connection, first);
});

test("at the limit, a lost connection makes room for a new one", () => {
  const s = setup();
  const first = opened(s);
  opened(s);
  const waiting = new Request();
  s.pool.open(waiting);
  first.wire.destroy();
  s.dials.at(-1)?.up();
  assert.notEqual(waiting.connection, null);
});

test("a request that gave up is not told; its connection is kept for the next", () => {
  const s = setup();
  const gone = new Request();
  s.pool.open(gone);
  s.pool.forget(gone);
  s.dials[0]?.up();
  assert.equal(gone.connection, null);
  assert.equal(s.pool.idleConnections, 1);
});

test("a failed dial is told to its request only", () => {
  const s = setup();
  const [one, two] = [new Request(), new Request()];
  s.pool.open(one);
  s.pool.open(two);
  s.dials[0]?.fail();
  assert.deepEqual([one.failure, two.failure], ["connect-failed", ""]);
});

test("bytes on an idle connection end it", () => {
  const s = setup();
  const request = new Request();
  s.pool.open(request);
  const socket = s.dials[0]?.up() as FakeSocket;
  request.connection?.giveBack(true, s.clock.monotonicMs());
  socket.emit("data", Buffer.from("HTTP/1.1 408 Request Timeout\r\n\r\n"));
  assert.equal(s.pool.openConnections, 0);
});

test("closing ends the idle ones now and the busy ones after their answer", () => {
  const s = setup();
  const [idle, busy] = [opened(s), opened(s)];
  idle.giveBack(true, s.clock.monotonicMs());
  s.pool.close();
  assert.equal(s.pool.openConnections, 1);
  busy.giveBack(true, s.clock.monotonicMs());
  assert.equal(s.pool.openConnections, 0);
});
