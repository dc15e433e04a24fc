/** The two ends of a mesh connection on loopback: a detecting listener, and a dialler. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { EndpointState } from "../../../src/decide/contract.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { wasReset } from "../../../src/lib/reset-socket.ts";
import { Health, MtlsMode, Protocol } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Transport } from "../../../src/proxy/contract.ts";
import { InboundAcceptor, type RefusedConnection } from "../../../src/proxy/tls/acceptor.ts";
import type { CredentialSource } from "../../../src/proxy/tls/credentials.ts";
import { MeshDialer } from "../../../src/proxy/tls/dialer.ts";
import type { InboundPortMode } from "../../../src/proxy/tls/inbound-decision.ts";
import { MeshConnections } from "../../../src/proxy/tls/mesh-connections.ts";
import { createPeerCheck } from "../../../src/proxy/tls/peer.ts";

export const STRICT_HTTP: InboundPortMode = { protocol: Protocol.HTTP, mtls: MtlsMode.STRICT };
export const STRICT_TCP: InboundPortMode = { protocol: Protocol.TCP, mtls: MtlsMode.STRICT };
export const PERMISSIVE_HTTP: InboundPortMode = { protocol: Protocol.HTTP, mtls: MtlsMode.PERMISSIVE };
export const PERMISSIVE_TCP: InboundPortMode = { protocol: Protocol.TCP, mtls: MtlsMode.PERMISSIVE };

export interface AcceptorSide {
  readonly port: number;
  readonly http: Transport[];
  readonly tcp: Transport[];
  readonly refusals: RefusedConnection[];
  readonly connections: MeshConnections;
}

export interface AcceptorSideOptions {
  readonly mode: InboundPortMode | null;
  readonly deadlineMs?: number;
  readonly http?: (transport: Transport) => void;
  readonly tcp?: (transport: Transport) => void;
}

/** A listener whose transports echo what they get, unless the test says otherwise. */
export async function acceptorSide(t: TestContext, source: CredentialSource, options: AcceptorSideOptions): Promise<AcceptorSide> {
  const check = createPeerCheck(source);
  const connections = new MeshConnections(source, check, systemClock);
  const side = { http: [] as Transport[], tcp: [] as Transport[], refusals: [] as RefusedConnection[], connections };
  const acceptor = new InboundAcceptor({
    port: () => options.mode,
    source,
    check,
    connections,
    clock: systemClock,
    deadlineMs: options.deadlineMs ?? 5_000,
    http: (transport) => {
      side.http.push(transport);
      (options.http ?? echo)(transport);
    },
    tcp: (transport) => {
      side.tcp.push(transport);
      (options.tcp ?? echo)(transport);
    },
    refused: (refusal) => side.refusals.push(refusal),
  });
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    acceptor.accept(socket);
  });
  const port = await listening(server);
  t.after(() => {
    acceptor.close();
    connections.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { ...side, port };
}

export function echo(transport: Transport): void {
  transport.socket.pipe(transport.socket);
}

export function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

export function endpoint(port: number, identity: string, address = "127.0.0.1"): EndpointState {
  return {
    inFlight: 0,
    endpoint: {
      address,
      port,
      identity,
      instance: "default/api-1",
      zone: "",
      weight: 1,
      health: Health.READY,
      capabilities: [],
      version: "",
      workload: "api",
    },
  };
}

export type Dialled = { readonly transport: Transport } | { readonly reason: string; readonly message: string };

export interface DialSide {
  readonly dialer: MeshDialer;
  readonly connections: MeshConnections;
  dial(state: EndpointState, want: "http" | "tcp"): Promise<Dialled>;
}

export function dialSide(t: TestContext, source: CredentialSource, connectTimeoutMs = 3_000): DialSide {
  const check = createPeerCheck(source);
  const connections = new MeshConnections(source, check, systemClock);
  const dialer = new MeshDialer({ source, check, connections, clock: systemClock, connectTimeoutMs });
  const open: Transport[] = [];
  t.after(() => {
    connections.close();
    for (const transport of open) transport.socket.destroy();
  });
  return {
    dialer,
    connections,
    dial: (state, want) =>
      new Promise((resolve) => {
        dialer.dial(
          state,
          want,
          (transport) => {
            open.push(transport);
            resolve({ transport });
          },
          (reason, message) => resolve({ reason, message }),
        );
      }),
  };
}

/** Waits for a condition; fails at the deadline. */
export async function until(what: string, condition: () => boolean, limitMs = 5_000): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Everything until the other side ends; `reset` when it broke off. */
export function readAll(socket: Socket): Promise<{ text: string; how: "end" | "reset" }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let failed = false;
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => {
      failed = true;
      socket.destroy();
    });
    const finish = (): void => resolve({ text: Buffer.concat(chunks).toString("latin1"), how: failed ? "reset" : "end" });
    socket.on("end", () => {
      failed ||= !socket.writableEnded && wasReset(socket);
      finish();
    });
    socket.on("close", finish);
  });
}
