/** Two sidecars as processes of their own, 100 MiB on its way to an application that does not read. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Bootstrap, FromProxy } from "../../../../src/messages/bootstrap.ts";
import {
  Endpoints,
  Health,
  Inbound,
  MtlsMode,
  Outbound,
  Protocol,
  Trust,
} from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../../src/messages/names.ts";
import { formatConfiguration } from "../../../../src/proxy/runtime/saved-configuration.ts";
import { formatIdentity } from "../../../../src/proxy/runtime/saved-identity.ts";
import { SAVED } from "../../../../src/proxy/runtime/saved-state.ts";
import { API, TestMesh, WEB } from "../pki.ts";
import { listening, until } from "../sides.ts";

const PROGRAM = fileURLToPath(new URL("../../../../src/main/proxy.ts", import.meta.url));
const DESTINATION = "default/ledger:7000";
const MIB = 1024 * 1024;
const TOTAL = 100 * MIB;
const MAX_GROWTH = 8 * MIB;

const mesh = new TestMesh();

type Saved = Parameters<typeof formatConfiguration>[0] extends Iterable<infer Row> ? Row : never;

function saved(type: string, name: string, bytes: Uint8Array): Saved {
  return [type, { name, version: "1", aliases: [], bytes }];
}

interface Process {
  readonly child: ChildProcess;
  readonly ports: Extract<FromProxy, { kind: "listening" }>;
}

/** A sidecar that serves from what it has saved: no controller is needed. */
async function sidecar(t: TestContext, name: string, identity: string, rows: readonly Saved[], more: Partial<Bootstrap>): Promise<Process> {
  const trust = Trust.encode(Trust.fromPartial({ trustDomain: "cluster.local", roots: [mesh.root.der] })).finish();
  const configuration = formatConfiguration([saved(TYPE_URL.TRUST, "cluster.local", trust), ...rows]);
  const bootstrap: Bootstrap = {
    kind: "bootstrap",
    instance: `default/${name}-1`,
    namespace: "default",
    workload: name,
    serviceAccount: name,
    trustDomain: "cluster.local",
    trustBundle: mesh.rootPem,
    joinToken: "",
    controller: { discovery: "127.0.0.1:1", https: "127.0.0.1:1" },
    inbound: [],
    upstreams: [],
    outboundPort: 0,
    adminPort: 0,
    savedDir: null,
    saved: {
      [SAVED.CONFIGURATION]: Buffer.from(configuration).toString("base64"),
      [SAVED.IDENTITY]: Buffer.from(formatIdentity(mesh.issue(identity), mesh.rootPem)).toString("base64"),
    },
    logLevel: "error",
    drainMs: 1_000,
    ...more,
  };
  const child = fork(PROGRAM, [], { execArgv: ["--import", "tsx"] });
  t.after(() => child.kill("SIGKILL"));
  const told: FromProxy[] = [];
  child.on("message", (message: FromProxy) => told.push(message));
  child.send(bootstrap);
  await until(`${name} is ready`, () => told.some(({ kind }) => kind === "ready"), 20_000);
  return { child, ports: told.find((message) => message.kind === "listening") as Process["ports"] };
}

function residentBytes({ child }: Process): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) * 1024;
}

/** Sends `total` bytes as they are taken. */
function send(socket: Socket, total: number): void {
  const chunk = Buffer.alloc(64 * 1024, 7);
  let sent = 0;
  const pump = (): void => {
    while (sent < total) {
      sent += chunk.length;
      if (!socket.write(chunk)) return void socket.once("drain", pump);
    }
    socket.end();
  };
  pump();
}

it("a reader that stalls in 100 MiB costs its proxies less than 8 MiB, and its neighbours nothing", {
  skip: process.platform !== "linux" && "needs /proc",
}, async (t) => {
  const arrived: { socket: Socket; bytes: number }[] = [];
  const app = createServer({ allowHalfOpen: true }, (socket) => {
    const one = { socket, bytes: 0 };
    arrived.push(one);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      one.bytes += chunk.length;
      if (one.bytes === 1) socket.pause();
    });
    socket.on("end", () => socket.end(`${one.bytes}`));
  });
  t.after(() => {
    app.close();
    for (const { socket } of arrived) socket.destroy();
  });
  const appPort = await listening(app);
  const port = { port: appPort, protocol: Protocol.TCP, mtls: MtlsMode.STRICT, service: DESTINATION };
  const inboundRow = saved(TYPE_URL.INBOUND, "default/api-1", Inbound.encode(Inbound.fromPartial({ ports: [port] })).finish());
  const inbound = await sidecar(t, "api", API, [inboundRow], {
    inbound: [{ appPort, protocol: "tcp", listenPort: 0, address: "127.0.0.1" }],
  });
  const real = {
    address: "127.0.0.1",
    port: inbound.ports.inbound[0] as number,
    identity: API,
    instance: "default/api-1",
    weight: 1,
    health: Health.READY,
  };
  const outboundRows = [
    saved(TYPE_URL.ENDPOINTS, DESTINATION, Endpoints.encode(Endpoints.fromPartial({ endpoints: [real] })).finish()),
    saved(
      TYPE_URL.OUTBOUND,
      DESTINATION,
      Outbound.encode(Outbound.fromPartial({ service: "default/ledger", port: 7000, protocol: Protocol.TCP, meshed: true })).finish(),
    ),
  ];
  const outbound = await sidecar(t, "web", WEB, outboundRows, { upstreams: [{ destination: DESTINATION, listenPort: 0 }] });
  const open = (): Socket => {
    const socket = connect({ port: outbound.ports.upstreams[0] as number, host: "127.0.0.1", allowHalfOpen: true });
    t.after(() => socket.destroy());
    return socket;
  };
  /** The whole of it, to an application that reads. */
  const whole = async (): Promise<void> => {
    const socket = open();
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    send(socket, TOTAL);
    await until("all of it arrived", () => answer === `${TOTAL}`, 30_000);
  };
  // What a proxy needs to carry anything is there before it is measured.
  await whole();
  const before = [outbound, inbound].map(residentBytes);

  const stalled = open();
  stalled.write("x");
  await until("the stalled one is there", () => arrived.length === 2 && arrived[1]?.bytes === 1);
  send(stalled, TOTAL);
  let written = -1;
  await until("the writer is stopped for good", () => {
    const still = stalled.writableNeedDrain && written === stalled.bytesWritten;
    written = stalled.bytesWritten;
    return still;
  });
  await whole();
  [outbound, inbound].forEach((each, index) => {
    const growth = residentBytes(each) - (before[index] as number);
    assert.ok(growth < MAX_GROWTH, `${index === 0 ? "outbound" : "inbound"} grew by ${(growth / MIB).toFixed(1)} MiB`);
  });
  arrived[1]?.socket.resume();
  await until("what stood still arrived too", () => arrived[1]?.bytes === TOTAL + 1, 30_000);
});
