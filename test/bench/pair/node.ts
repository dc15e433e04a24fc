import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";
import { spawnPinned, stopChild, untilAccepts } from "../peer.ts";
import { clientTls, type SideFiles, writeCertificates } from "./certificates.ts";
import { fixed, type PairPeer } from "./contract.ts";

/** What one writes with the platform's own parts: `program` is run once as `a`, once as `b`. */
export function nodeProgram(name: string, program: string, description: string): PairPeer {
  return {
    name,
    version: () => `Node ${process.version}`,
    async start(folder, backendPort, core) {
      const [port, portB] = [await freePort(), await freePort()];
      const files = writeCertificates(folder);
      const run = (role: string, own: number, next: number, side: SideFiles) =>
        spawnPinned(core, process.execPath, [program, role, String(own), String(next), side.key, side.chain, files.root]);
      const second = run("b", portB, backendPort, files.b);
      await untilAccepts(portB);
      const first = run("a", port, portB, files.a);
      await untilAccepts(port);
      return {
        pids: [first.pid as number, second.pid as number],
        port,
        between: { port: portB, tls: clientTls(files) },
        configuration: fixed(description),
        stop: async () => void (await Promise.all([stopChild(first), stopChild(second)])),
      };
    },
  };
}

export const nodePair: PairPeer = nodeProgram(
  "node:http + node:http2",
  fileURLToPath(new URL("./node-pair-proxy.mjs", import.meta.url)),
  "one HTTP/2 session over TLS 1.3 between the two, both verified (P-256); no routing, metrics or limits",
);
