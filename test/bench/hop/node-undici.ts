import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";
import { type Peer, spawnPinned, stopChild, untilAccepts } from "../peer.ts";

/** What one writes with the platform's own parts: node:http in front, an undici pool behind. */
export const nodeUndici: Peer = {
  name: "node:http + undici",
  version: () => `Node ${process.version}`,
  async start(_folder, backendPort, core) {
    const port = await freePort();
    const program = fileURLToPath(new URL("./node-undici-proxy.mjs", import.meta.url));
    const child = spawnPinned(core, process.execPath, [program, String(port), String(backendPort)]);
    await untilAccepts(port);
    return {
      pid: child.pid as number,
      port,
      describe: async () => "http.createServer, Pool.dispatch, keep-alive both sides; no routing, metrics or limits",
      stop: () => stopChild(child),
    };
  },
};
