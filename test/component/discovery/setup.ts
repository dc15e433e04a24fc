/** A discovery server on loopback with a table of resources behind it. */
import { createSecureContext, type TLSSocket } from "node:tls";
import { systemClock } from "../../../src/lib/clock.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { createDiscoveryClient } from "../../../src/discovery/client/client.ts";
import type { ClientTls, DiscoveryClientOptions, Rejection, ResourceUpdate } from "../../../src/discovery/client/contract.ts";
import { encodeResource, type EncodedResource } from "../../../src/discovery/resource.ts";
import { createDiscoveryServer, type DiscoveryServer, type DiscoveryServerOptions } from "../../../src/discovery/server/server.ts";
import type { Peer } from "../../../src/discovery/server/contract.ts";
import type { TestRoot } from "./pki.ts";

export const TYPE = "type.googleapis.com/test.Thing";
export const WEB = "spiffe://cluster.local/ns/default/sa/web";
export const CONTROLLER = "spiffe://cluster.local/ns/meshctl-system/sa/meshctl-controller";

export class Table {
  readonly #rows = new Map<string, EncodedResource>();
  lookups = 0;

  set(name: string, payload: string, aliases: readonly string[] = []): void {
    const resource = encodeResource(TYPE, name, aliases, Buffer.from(payload));
    for (const key of [name, ...aliases]) this.#rows.set(key, resource);
  }

  delete(...names: string[]): void {
    for (const name of names) this.#rows.delete(name);
  }

  lookup = (typeUrl: string, name: string): EncodedResource | null => {
    this.lookups += 1;
    return typeUrl === TYPE ? (this.#rows.get(name) ?? null) : null;
  };
}

export function readPeer(socket: TLSSocket): Omit<Peer, "address"> {
  const certificate = socket.getPeerCertificate();
  const identity = /URI:([^,]+)/.exec(certificate.subjectaltname ?? "")?.[1] ?? "";
  if (!identity.startsWith("spiffe://cluster.local/")) throw new Error(`not of this mesh: ${identity}`);
  return {
    identity,
    serial: certificate.serialNumber.toLowerCase(),
    notBeforeMs: Date.parse(certificate.valid_from),
    notAfterMs: Date.parse(certificate.valid_to),
  };
}

export async function startServer(
  root: TestRoot,
  table: Table,
  more: Partial<DiscoveryServerOptions> = {},
  port = 0,
): Promise<{ server: DiscoveryServer; port: number }> {
  const leaf = await root.issue(CONTROLLER, { ip: "127.0.0.1" });
  const server = createDiscoveryServer({
    source: table,
    authorise: () => null,
    credentials: { ...leaf, roots: root.pem },
    verifyPeer: readPeer,
    clock: systemClock,
    order: [],
    coalesceMs: 10,
    ...more,
  });
  return { server, port: await server.listen("127.0.0.1", port) };
}

export async function clientTls(root: TestRoot, identity = WEB, notAfter?: Date): Promise<ClientTls> {
  const leaf = await root.issue(identity, notAfter ? { notAfter } : {});
  return {
    secureContext: createSecureContext({ ...leaf, ca: root.pem, minVersion: "TLSv1.3" }),
    verifyServer: (certificate) =>
      certificate.subjectaltname?.includes(`URI:${CONTROLLER}`) ? undefined : new Error("not the controller"),
  };
}

export interface Recorded {
  readonly updates: ResourceUpdate[];
  readonly held: Map<string, string>;
  readonly states: string[];
  refuse: (name: string, payload: string) => string | null;
}

export function startClient(port: number, tls: () => ClientTls | null, more: Partial<DiscoveryClientOptions> = {}) {
  const recorded: Recorded = { updates: [], held: new Map(), states: [], refuse: () => null };
  const client = createDiscoveryClient({
    address: () => `127.0.0.1:${port}`,
    tls,
    node: { id: "default/web-1", cluster: "default/web", version: "1.2.3", features: ["meshctl/h1"] },
    clock: systemClock,
    random: seededRandom(7),
    onState: (state, detail) => recorded.states.push(detail ? `${state}: ${detail}` : state),
    apply(update) {
      recorded.updates.push(update);
      const rejections: Rejection[] = [];
      for (const resource of update.resources) {
        const payload = Buffer.from(resource.bytes).toString();
        const message = recorded.refuse(resource.name, payload);
        if (message === null) recorded.held.set(resource.name, payload);
        else rejections.push({ name: resource.name, message });
      }
      for (const name of update.removed) recorded.held.delete(name);
      return rejections;
    },
    ...more,
  });
  return { client, recorded };
}

/** Waits for a condition; fails at the deadline. Returns how long it took, in milliseconds. */
export async function until(condition: () => boolean, what: string | (() => string), deadlineMs = 5_000): Promise<number> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - start;
}
