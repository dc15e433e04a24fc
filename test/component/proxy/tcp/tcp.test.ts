import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { createBalancer } from "../../../../src/decide/balancer.ts";
import type { OutboundStack } from "../../../../src/decide/contract.ts";
import { compileInbound } from "../../../../src/decide/inbound.ts";
import { compileOutbound } from "../../../../src/decide/outbound.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { resetSocket } from "../../../../src/lib/reset-socket.ts";
import { type Endpoint, Inbound, Outbound } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Fault } from "../../../../src/messages/gen/meshctl/policy/v1/fault.ts";
import { type ConfigView, DEFAULT_LIMITS, type ExchangeRecord, type Limits, type Transport } from "../../../../src/proxy/contract.ts";
import { APP_ON_LOOPBACK } from "../../../../src/proxy/plain-endpoint.ts";
import { InboundTcp } from "../../../../src/proxy/tcp/inbound.ts";
import { OutboundTcp } from "../../../../src/proxy/tcp/outbound.ts";
import { STATUS } from "../../../../src/proxy/tcp/status-byte.ts";
import { PlainTransport } from "../../../../src/proxy/tls/plain-transport.ts";
import { API, TestMesh, TestSource, trustIn, WEB } from "../pki.ts";
import { acceptorSide, dialSide, endpoint, listening, readAll, STRICT_TCP, until } from "../sides.ts";

const mesh = new TestMesh();
const trust = trustIn([mesh]);
const DESTINATION = "default/ledger:7000";

/** An application, the two proxies before it, and a client's port: client → outbound ══ inbound → app. */
interface Hop {
  readonly port: number;
  readonly records: ExchangeRecord[];
  readonly inbound: InboundTcp;
  readonly outbound: OutboundTcp;
}

interface HopOptions {
  readonly app?: (socket: Socket) => void;
  /** Endpoints beside, or instead of, the real one. */
  readonly endpoints?: (real: Endpoint) => readonly Endpoint[];
  readonly fault?: Fault;
  readonly inboundIdentity?: string;
  readonly limits?: Partial<Limits>;
  readonly appPort?: number;
  /** The server side trusts nobody: every client certificate is refused. */
  readonly serverTrust?: typeof trust;
}

async function hop(t: TestContext, options: HopOptions = {}): Promise<Hop> {
  const records: ExchangeRecord[] = [];
  const observer = { wantsHeaders: false, wantsDetails: false, ended: (record: ExchangeRecord) => void records.push({ ...record }) };
  const appPort = options.appPort ?? (await serve(t, options.app ?? ((socket) => void socket.pipe(socket))));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const common = { observer, clock: systemClock, random: Math.random, limits };
  const inboundStack = compileInbound(
    Inbound.fromPartial({ ports: [{ port: appPort, protocol: 2, mtls: 1, service: DESTINATION }] }).ports[0]!,
  );
  const inbound = new InboundTcp({
    ...common,
    appAddresses: APP_ON_LOOPBACK,
    config: view({ inbound: (port) => (port === appPort ? inboundStack : undefined) }),
  });
  const serverSource = new TestSource(mesh.issue(options.inboundIdentity ?? API), options.serverTrust ?? trust);
  const side = await acceptorSide(t, serverSource, { mode: STRICT_TCP, tcp: (transport) => inbound.serve(transport, appPort) });
  const { dialer } = dialSide(t, new TestSource(mesh.issue(WEB), trust));
  const real = endpoint(side.port, API).endpoint;
  const balancer = createBalancer(() => 0);
  balancer.update(options.endpoints?.(real) ?? [real], 0);
  const policies = options.fault
    ? [{ id: "fault", config: Buffer.from(Fault.encode(options.fault).finish()), origin: "FaultInjection/default/f" }]
    : [];
  const stack = compileOutbound(
    DESTINATION,
    Outbound.fromPartial({ service: "default/ledger", port: 7000, protocol: 2, meshed: true, policies }),
  );
  const outbound = new OutboundTcp({ ...common, dialer, config: view({ stack, balancer: () => balancer }) });
  const port = await serve(t, (socket) => outbound.serve(new PlainTransport(socket), DESTINATION));
  return { port, records, inbound, outbound };
}

function view(parts: { stack?: OutboundStack; inbound?: ConfigView["inbound"]; balancer?: ConfigView["balancer"] }): ConfigView {
  return {
    outbound: () => parts.stack,
    resolveOutbound: (_name, done) => done(parts.stack ?? null, parts.stack ? null : "no-config"),
    balancer: parts.balancer ?? (() => undefined),
    inbound: parts.inbound ?? (() => undefined),
    self: { identity: WEB, namespace: "default", serviceAccount: "web", workload: "web" },
    destinationOf: () => null,
  };
}

async function serve(t: TestContext, accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
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

function client(t: TestContext, port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  return socket;
}

describe("opaque TCP through two proxies", () => {
  it("arrives whole both ways, each direction closed by itself, and is recorded on both sides", async (t) => {
    let heard = "";
    const { port, records } = await hop(t, {
      app: (socket) => {
        socket.on("data", (chunk: Buffer) => {
          heard += chunk.toString("latin1");
        });
        // Answers only after the client has ended its direction.
        socket.on("end", () => socket.end(`heard ${heard.length}`));
      },
    });
    const socket = client(t, port);
    socket.end("x".repeat(100_000));
    assert.deepEqual(await readAll(socket), { text: "heard 100000", how: "end" });
    await until("both records", () => records.length === 2);
    const inbound = records.find((record) => record.direction === "inbound");
    const outbound = records.find((record) => record.direction === "outbound");
    for (const record of [inbound, outbound]) {
      assert.deepEqual(
        [record?.protocol, record?.reason, record?.requestBytes, record?.responseBytes, record?.mtls],
        ["tcp", "", 100_000, 12, true],
      );
      assert.equal(record?.service, DESTINATION);
    }
    assert.deepEqual([outbound?.source, outbound?.destination, outbound?.peerIdentity], ["default/web", "default/api", API]);
    assert.deepEqual([inbound?.source, inbound?.peerIdentity], ["default/web", WEB]);
  });

  it("lets the server close first and the client go on writing", async (t) => {
    let heard = "";
    const { port } = await hop(t, {
      app: (socket) => {
        socket.end("bye");
        socket.on("data", (chunk: Buffer) => {
          heard += chunk.toString("latin1");
        });
      },
    });
    const socket = client(t, port);
    assert.equal((await readAll(socket)).text, "bye");
    socket.write("still ");
    socket.end("talking");
    await until("the application heard it all", () => heard === "still talking");
  });

  it("lets the server speak first", async (t) => {
    const { port } = await hop(t, { app: (socket) => socket.end("220 ready\r\n") });
    assert.equal((await readAll(client(t, port))).text, "220 ready\r\n");
  });

  it("passes a reset on, from either side", async (t) => {
    const fromApp = await hop(t, {
      app: (socket) => {
        socket.write("part");
        socket.once("data", () => resetSocket(socket));
      },
    });
    const one = client(t, fromApp.port);
    one.once("data", () => one.write("go"));
    assert.equal((await readAll(one)).how, "reset");
    await until("records", () => fromApp.records.length === 2);
    assert.deepEqual(
      fromApp.records.map((record) => record.reason),
      ["upstream-reset", "upstream-reset"],
    );

    let appSaw = "";
    const fromClient = await hop(t, { app: (socket) => void readAll(socket).then(({ how }) => (appSaw = how)) });
    const two = client(t, fromClient.port);
    two.write("part");
    await until("the connection stands", () => fromClient.inbound.connections.size === 1);
    resetSocket(two);
    await until("the application sees the reset", () => appSaw === "reset");
  });

  it("is bounded in memory while the reader stalls, and whole when it goes on", async (t) => {
    const total = 24 * 1024 * 1024;
    let stalled: Socket | undefined;
    let heard = 0;
    const { port } = await hop(t, {
      app: (socket) => {
        stalled = socket;
        socket.pause();
        socket.on("data", (chunk: Buffer) => {
          heard += chunk.length;
        });
        socket.on("end", () => socket.end());
        socket.pause();
      },
    });
    const socket = client(t, port);
    const chunk = Buffer.alloc(64 * 1024, 7);
    let sent = 0;
    const pump = (): void => {
      while (sent < total) {
        sent += chunk.length;
        if (!socket.write(chunk)) return void socket.once("drain", pump);
      }
      socket.end();
    };
    socket.once("connect", pump);
    await until("the writer is stopped", () => stalled !== undefined && socket.writableNeedDrain);
    // What is taken meanwhile fits into kernel buffers and four high-water marks.
    let before = -1;
    await until("nothing moves any more", () => {
      const still = before === sent;
      before = sent;
      return still;
    });
    assert.ok(sent < total, `all ${sent} bytes were taken although nobody read`);
    stalled?.resume();
    await until("all of it arrived", () => heard === total, 15_000);
  });

  it("ends what is idle", async (t) => {
    const { port, records } = await hop(t, { limits: { idleStreamMs: 60 } });
    assert.equal((await readAll(client(t, port))).how, "reset");
    await until("records", () => records.length === 2);
    assert.ok(records.some((record) => record.reason === "idle-timeout"));
  });
});

describe("an opaque connection that cannot be", () => {
  it("goes to another endpoint when the first does not accept or is somebody else", async (t) => {
    for (const bad of [
      (real: Endpoint): Endpoint => ({ ...real, port: 1 }),
      (real: Endpoint): Endpoint => ({ ...real, identity: WEB, instance: "default/other" }),
    ]) {
      const { port, records } = await hop(t, { endpoints: (real) => [bad(real), real] });
      const socket = client(t, port);
      socket.end("hello");
      assert.equal((await readAll(socket)).text, "hello");
      await until("the record", () => records.some((record) => record.direction === "outbound"));
      assert.equal(records.find((record) => record.direction === "outbound")?.attempts, 2);
    }
  });

  it("goes to another endpoint when the first one's proxy says that it passed nothing on", async (t) => {
    for (const status of [STATUS.APP_UNREACHABLE, STATUS.OVERLOADED, STATUS.DRAINING]) {
      const refuse = ({ socket }: Transport): void => void socket.end(Buffer.of(status));
      const refusing = await acceptorSide(t, new TestSource(mesh.issue(API), trust), { mode: STRICT_TCP, tcp: refuse });
      const { port, records } = await hop(t, { endpoints: (real) => [{ ...real, port: refusing.port }, real] });
      const socket = client(t, port);
      socket.end("hello");
      assert.deepEqual(await readAll(socket), { text: "hello", how: "end" });
      await until("the record", () => records.some((record) => record.direction === "outbound"));
      assert.equal(records.find((record) => record.direction === "outbound")?.attempts, 2);
      assert.equal(refusing.tcp.length, 1);
    }
  });

  it("is reset with a reason", async (t) => {
    const closed = await hop(t, { endpoints: (real) => [{ ...real, port: 1 }] });
    const impostor = await hop(t, { inboundIdentity: WEB });
    const nobody = await hop(t, { endpoints: () => [] });
    const noApp = await hop(t, { appPort: 1 });
    const refused = await hop(t, { serverTrust: trustIn([new TestMesh("another")]) });
    for (const [{ port, records }, reason] of [
      [closed, "connect-failed"],
      [impostor, "peer-identity-mismatch"],
      [nobody, "no-endpoints"],
      [noApp, "app-unreachable"],
      [refused, "peer-refused-identity"],
    ] as const) {
      const socket = client(t, port);
      socket.write("hello");
      const { text, how } = await readAll(socket);
      assert.deepEqual([text, how], ["", "reset"], reason);
      await until("the record", () => records.some((record) => record.direction === "outbound"));
      assert.equal(records.find((record) => record.direction === "outbound")?.reason, reason);
    }
  });

  it("is reset by an abort fault of any kind, after its delay", async (t) => {
    const rule = {
      matches: [],
      sources: [],
      delay: { fixedMs: 120, basisPoints: 10_000 },
      abort: { httpStatus: 503, basisPoints: 10_000 },
    };
    const { port, records } = await hop(t, { fault: { rules: [rule], expiresAtUnixMs: 0 } });
    const start = performance.now();
    assert.equal((await readAll(client(t, port))).how, "reset");
    assert.ok(performance.now() - start >= 115);
    assert.deepEqual([records[0]?.reason, records[0]?.policy], ["fault-abort", "FaultInjection/default/f rule 0"]);
  });

  it("is refused beyond the limit, and while draining", async (t) => {
    const { port, records, outbound } = await hop(t, { limits: { maxConnections: 1 } });
    const first = client(t, port);
    first.write("x");
    await until("the first stands", () => outbound.connections.size === 1);
    assert.equal((await readAll(client(t, port))).how, "reset");
    assert.equal(records[0]?.reason, "overloaded");
    let drained = false;
    outbound.connections.drain(() => {
      drained = true;
    });
    assert.equal(drained, false);
    first.end();
    await readAll(first);
    await until("the last one ends the drain", () => drained);
    assert.equal((await readAll(client(t, port))).how, "reset");
    assert.equal(records.at(-1)?.reason, "draining");
  });
});
