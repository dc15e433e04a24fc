import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";
import { spawnPinned, stopChild, untilAccepts } from "../peer.ts";
import { clientTls, type SideFiles, writeCertificates } from "./certificates.ts";
import { fixed, type PairPeer } from "./contract.ts";

const PROGRAM = fileURLToPath(new URL("./node-pair-proxy.mjs", import.meta.url));

/** What one writes with the platform's own parts. */
export const nodePair: PairPeer = {
  name: "node:http + node:http2",
  version: () => `Node ${process.version}`,
  async start(folder, backendPort, core) {
    const [port, portB] = [await freePort(), await freePort()];
    const files = writeCertificates(folder);
    const { root, a, b } = files;
    const run = (role: string, own: number, next: number, files: SideFiles) =>
      spawnPinned(core, process.execPath, [PROGRAM, role, String(own), String(next), files.key, files.chain, root]);
    const second = run("b", portB, backendPort, b);
    await untilAccepts(portB);
    const first = run("a", port, portB, a);
    await untilAccepts(port);
    return {
      pids: [first.pid as number, second.pid as number],
      port,
      between: { port: portB, tls: clientTls(files) },
      configuration: fixed("one HTTP/2 session over TLS 1.3 between the two, both verified (P-256); no routing, metrics or limits"),
      stop: async () => void (await Promise.all([stopChild(first), stopChild(second)])),
    };
  },
};
