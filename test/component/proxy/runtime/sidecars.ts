/** Whole proxies in this process, with applications beside them. */
import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import type { TestContext } from "node:test";
import { systemClock } from "../../../../src/lib/clock.ts";
import type { Bootstrap, FromProxy } from "../../../../src/messages/bootstrap.ts";
import { Proxy } from "../../../../src/proxy/runtime/proxy.ts";
import { createLogger } from "../../../../src/telemetry/log.ts";
import { readAll, until } from "../sides.ts";
import type { TestController } from "./controller.ts";

export interface Sidecar {
  readonly proxy: Proxy;
  readonly told: FromProxy[];
  readonly ports: Extract<FromProxy, { kind: "listening" }>;
  /** What the proxy handed over, as its supervisor keeps it. */
  readonly saved: Record<string, string>;
  readonly log: string[];
  kinds(): string[];
}

export interface SidecarOptions {
  readonly name: string;
  readonly appPort?: number;
  readonly protocol?: "http" | "tcp";
  readonly upstreams?: readonly string[];
  readonly token?: string;
  readonly saved?: Record<string, string>;
  readonly savedDir?: string;
  readonly drainMs?: number;
  readonly limits?: Bootstrap["limits"];
  /** Ports of an earlier life. */
  readonly ports?: Sidecar["ports"];
}

export async function startSidecar(t: TestContext, controller: TestController, options: SidecarOptions): Promise<Sidecar> {
  const told: FromProxy[] = [];
  const saved: Record<string, string> = { ...options.saved };
  const lines: string[] = [];
  const bootstrap: Bootstrap = {
    kind: "bootstrap",
    instance: `default/${options.name}`,
    namespace: "default",
    workload: options.name,
    serviceAccount: options.name,
    trustDomain: "cluster.local",
    trustBundle: controller.mesh.rootPem,
    joinToken: options.token ?? "good",
    controller: { discovery: `127.0.0.1:${controller.discoveryPort}`, https: `127.0.0.1:${controller.httpsPort}` },
    inbound:
      options.appPort === undefined
        ? []
        : [
            {
              appPort: options.appPort,
              protocol: options.protocol ?? "http",
              listenPort: options.ports?.inbound[0] ?? 0,
              address: "127.0.0.1",
            },
          ],
    upstreams: (options.upstreams ?? []).map((destination, index) => ({ destination, listenPort: options.ports?.upstreams[index] ?? 0 })),
    outboundPort: 0,
    adminPort: 0,
    savedDir: options.savedDir ?? null,
    saved,
    logLevel: "info",
    drainMs: options.drainMs ?? 5_000,
    limits: options.limits,
  };
  const log = createLogger({ level: "info", format: "text", clock: systemClock, write: (line) => lines.push(line) });
  const proxy = new Proxy({
    bootstrap,
    clock: systemClock,
    random: Math.random,
    log,
    tell: (message) => {
      told.push(message);
      if (message.kind === "save") saved[message.name] = message.base64;
    },
  });
  t.after(() => proxy.close());
  await proxy.start();
  const ports = told.find((message) => message.kind === "listening");
  if (ports?.kind !== "listening") throw new Error("the proxy did not say where it listens");
  return { proxy, told, ports, saved, log: lines, kinds: () => told.map(({ kind }) => kind) };
}

export function ready(sidecar: Sidecar): Promise<void> {
  return until("the sidecar is ready", () => sidecar.told.some(({ kind }) => kind === "ready"));
}

export async function httpApp(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createHttpServer(answer);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return portOf(server);
}

export async function echoApp(t: TestContext): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  t.after(() => server.close());
  return portOf(server);
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

export interface Answer {
  /** 0: no answer. */
  readonly status: number;
  readonly reason: string;
  readonly body: string;
}

/** One request on a connection of its own. */
export function get(port: number, path = "/", headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const call = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      const reason = String(response.headers["x-meshctl-reason"] ?? "");
      response.on("end", () => resolve({ status: response.statusCode ?? 0, reason, body }));
      response.on("error", () => resolve({ status: 0, reason, body }));
    });
    call.on("error", () => resolve({ status: 0, reason: "", body: "" }));
    call.end();
  });
}

/** Sends `text`, ends, and returns what came back. */
export async function say(port: number, text: string): Promise<{ text: string; how: "end" | "reset" }> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(text);
  return readAll(socket);
}
