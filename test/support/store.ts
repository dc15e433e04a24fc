/** The demo store on a {@link TestMesh}: `web` calls `api` (v1, v2) and the TCP `ledger`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Workload } from "../../src/model/kinds/workload.ts";
import { fetchOnce } from "./load.ts";
import { type Background, DEMO, type TestMesh } from "./mesh.ts";

export interface Store {
  readonly web: Background;
  readonly api1: Background;
  readonly api2: Background;
  /** Loopback port of web's listener to api:80: what the web application itself dials. */
  readonly toApi: number;
  /** The applications' own ports, beside the mesh. */
  readonly ports: { readonly api1: number; readonly api2: number };
}

export async function startStore(mesh: TestMesh): Promise<Store> {
  const [api1, api2] = await Promise.all([startApi(mesh, "api1", "v1"), startApi(mesh, "api2", "v2")]);
  const web = await mesh.run("web", ["--service", "web:80", "--port", "0", "--upstream", "api:80"], ["node", join(DEMO, "web.js")]);
  return {
    web,
    api1,
    api2,
    toApi: upstreamPort(await mesh.waitReady("web"), "default/api:80"),
    ports: { api1: appPort(await mesh.waitReady("api1")), api2: appPort(await mesh.waitReady("api2")) },
  };
}

export function startApi(mesh: TestMesh, name: string, version: string): Promise<Background> {
  return mesh.run(name, ["--service", "api:80", "--version", version, "--port", "0"], ["node", join(DEMO, "api.js")], {
    env: { VERSION: version },
  });
}

export function upstreamPort(workload: Workload, destination: string): number {
  const found = workload.spec?.upstreams.find((upstream) => upstream.destination === destination);
  assert.ok(found, `${workload.metadata.name} has no upstream ${destination}`);
  return found.localPort;
}

export function appPort(workload: Workload): number {
  const port = workload.spec?.services[0]?.appPort;
  assert.ok(port);
  return port;
}

export function inboundPort(workload: Workload): number {
  const port = workload.spec?.services[0]?.inboundPort;
  assert.ok(port);
  return port;
}

/** How many catalogues the application says it has served, asked on its own port. */
export async function served(port: number): Promise<number> {
  const { body } = await fetchOnce({ port, path: "/stats" });
  return (JSON.parse(body) as { served: number }).served;
}

/** Version in the body of /items. */
export function versionOf(body: string): string {
  return (JSON.parse(body) as { version: string }).version;
}
