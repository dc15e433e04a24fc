/** Two built sidecars between a client and servers that both live in the test's own process. */
import type { Workload } from "../../src/model/kinds/workload.ts";
import { type Background, freePort, type TestMesh } from "./mesh.ts";
import { inboundPort, upstreamPort } from "./store.ts";

export interface PairService {
  readonly name: string;
  readonly protocol: "http" | "tcp" | "grpc" | "http2";
  /** Begins to listen on this port of 127.0.0.1: `meshctl run` refuses one that something listens on already. */
  listen(port: number): Promise<unknown>;
}

export interface Pair {
  /** Loopback port of the caller's sidecar for a service. */
  port(service: string): number;
  /** Inbound mutual-TLS port of the first service. */
  readonly inboundPort: number;
  /** Process ids of the two sidecars, the caller's first. */
  readonly proxyPids: readonly [number, number];
  /** The caller's HTTP_PROXY listener: `http://127.0.0.1:PORT`. */
  readonly httpProxy: string;
  readonly caller: Background;
  readonly server: Background;
}

/** Keeps the workload alive; the traffic is made by the test. */
const WAIT = ["sh", "-c", 'echo "http_proxy is $http_proxy"; exec sleep 86400'];
const SAID = /http_proxy is \S+/;
const DRAIN = ["--drain", "1s"];

/** A workload whose applications live in the test's process; resolves when it takes traffic. All service ports are 80. */
export async function runServer(
  mesh: TestMesh,
  name: string,
  services: readonly PairService[],
  flags: readonly string[] = [],
): Promise<{ readonly background: Background; readonly workload: Workload }> {
  const ports = await Promise.all(services.map(freePort));
  const serviceFlags = services.flatMap(({ name: service, protocol }, at) => ["--service", `${service}:80=${ports[at]}/${protocol}`]);
  const background = mesh.background(["run", name, ...serviceFlags, ...flags, ...DRAIN, "--", ...WAIT]);
  await background.waitForOutput(SAID);
  await Promise.all(services.map(({ listen }, at) => listen(ports[at] as number)));
  return { background, workload: await mesh.waitReady(name) };
}

/** A workload that calls, from the test's process. */
export async function runCaller(
  mesh: TestMesh,
  name: string,
  services: readonly string[],
): Promise<{ readonly background: Background; readonly workload: Workload }> {
  const upstreamFlags = services.flatMap((service) => ["--upstream", `${service}:80`]);
  const background = await mesh.run(name, [...upstreamFlags, ...DRAIN], WAIT);
  return { background, workload: await mesh.waitReady(name) };
}

/** One workload `server` that serves all of them, one workload `caller` with an upstream to each. */
export async function startPair(mesh: TestMesh, services: readonly PairService[]): Promise<Pair> {
  const { background: server, workload: inbound } = await runServer(mesh, "server", services);
  // After it: a caller that came before its endpoints would be refused until they reach it.
  const { background: caller, workload: outbound } = await runCaller(
    mesh,
    "caller",
    services.map(({ name }) => name),
  );
  const said = await caller.waitForOutput(SAID);
  return {
    port: (service) => upstreamPort(outbound, `default/${service}:80`),
    inboundPort: inboundPort(inbound),
    proxyPids: [proxyPid(outbound), proxyPid(inbound)],
    httpProxy: said.slice(said.lastIndexOf(" ") + 1),
    caller,
    server,
  };
}

function proxyPid(workload: Workload): number {
  const pid = workload.status?.proxyPid;
  if (pid === undefined) throw new Error(`${workload.metadata.name} has no sidecar`);
  return pid;
}
