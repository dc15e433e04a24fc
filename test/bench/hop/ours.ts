import type { Bootstrap } from "../../../src/messages/bootstrap.ts";
import { Endpoints, Health, Outbound, Protocol } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";
import { formatConfiguration } from "../../../src/proxy/runtime/saved-configuration.ts";
import { SAVED } from "../../../src/proxy/runtime/saved-state.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { builtVersion, startSidecar } from "../mesh/sidecar.ts";
import { type Peer, untilAccepts } from "../peer.ts";

const DESTINATION = "default/api:80";
const NOBODY = "127.0.0.1:9";

/** A service with one route that splits between two versions, both on the same backend, as the proxy would have saved it. */
function savedConfiguration(backendPort: number): string {
  const resource = (name: string, bytes: Uint8Array) => ({ name, version: "1", aliases: [], bytes });
  const endpoints = (name: string) =>
    resource(
      name,
      Endpoints.encode(
        Endpoints.fromPartial({
          endpoints: [
            { address: "127.0.0.1", port: backendPort, instance: "default/api-1", workload: "api", weight: 1, health: Health.READY },
          ],
        }),
      ).finish(),
    );
  const outbound = Outbound.fromPartial({
    service: "default/api",
    port: 80,
    protocol: Protocol.HTTP,
    routes: [
      {
        origin: "HTTPRoute/default/api-split",
        backends: [
          { endpoints: "default/api-v1:80", weight: 90 },
          { endpoints: "default/api-v2:80", weight: 10 },
        ],
      },
    ],
  });
  return formatConfiguration([
    [TYPE_URL.OUTBOUND, resource(DESTINATION, Outbound.encode(outbound).finish())],
    [TYPE_URL.ENDPOINTS, endpoints("default/api-v1:80")],
    [TYPE_URL.ENDPOINTS, endpoints("default/api-v2:80")],
  ]);
}

function bootstrapOf(backendPort: number): Bootstrap {
  return {
    kind: "bootstrap",
    instance: "default/web-1",
    namespace: "default",
    workload: "web",
    serviceAccount: "web",
    trustDomain: "cluster.local",
    trustBundle: selfSigned().certPem,
    joinToken: "",
    controller: { discovery: NOBODY, https: NOBODY },
    inbound: [],
    upstreams: [{ destination: DESTINATION, listenPort: 0 }],
    outboundPort: 0,
    adminPort: 0,
    savedDir: null,
    saved: { [SAVED.CONFIGURATION]: Buffer.from(savedConfiguration(backendPort)).toString("base64") },
    logLevel: "error",
    drainMs: 1_000,
  };
}

/** The built proxy, from what a sidecar has saved: an upstream listener, a weighted route, a plaintext backend. */
export function ours(nodeFlags: readonly string[]): Peer {
  return {
    name: "meshctl",
    version: builtVersion,
    async start(_folder, backendPort, core) {
      const { pid, ports, stop } = await startSidecar(bootstrapOf(backendPort), nodeFlags, core, "listening");
      const { upstreams, admin } = ports;
      const port = upstreams[0] as number;
      await untilAccepts(port);
      return {
        pid,
        port,
        describe: () => activeFeatures(admin, nodeFlags),
        stop,
      };
    },
  };
}

/** Read from the admin port, so that what is printed is what ran. Throws when a feature is off. */
async function activeFeatures(adminPort: number, nodeFlags: readonly string[]): Promise<string> {
  const read = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${adminPort}${path}`)).text();
  const routes = (await read("/config")).includes("HTTPRoute/default/api-split");
  const counted = /^meshctl_exchanges_total\{.*HTTPRoute\/default\/api-split.*\} (\d+)/m.exec(await read("/metrics"));
  if (!routes || counted === null) throw new Error("routing or metrics are off: no ratio is worth anything");
  return `weighted route in force, ${counted[1]} requests in its metrics; balancer, limits, deadlines, request ids on; V8 flags: ${nodeFlags.join(" ") || "none"}`;
}
