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

/** One workload `server` that serves all of them, one workload `caller` with an upstream to each. Service ports are 80. */
export async function startPair(mesh: TestMesh, services: readonly PairService[]): Promise<Pair> {
  const ports = await Promise.all(services.map(freePort));
  const serviceFlags = services.flatMap(({ name, protocol }, at) => ["--service", `${name}:80=${ports[at]}/${protocol}`]);
  const upstreamFlags = services.flatMap(({ name }) => ["--upstream", `${name}:80`]);
  const server = mesh.background(["run", "server", ...serviceFlags, ...DRAIN, "--", ...WAIT]);
  await server.waitForOutput(SAID);
  await Promise.all(services.map(({ listen }, at) => listen(ports[at] as number)));
  // Its endpoints first: a caller that came before them would be refused until they reach it.
  const inbound = await mesh.waitReady("server");
  const caller = await mesh.run("caller", [...upstreamFlags, ...DRAIN], WAIT);
  const said = await caller.waitForOutput(SAID);
  const outbound = await mesh.waitReady("caller");
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
