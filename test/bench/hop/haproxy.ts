import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { type Peer, spawnPinned, stopChild, untilAccepts, versionOf } from "../peer.ts";

export const haproxy: Peer = {
  name: "HAProxy",
  version: () => versionOf("haproxy", ["-v"]),
  async start(folder, backendPort, core) {
    const port = await freePort();
    const file = join(folder, "haproxy.cfg");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 1s
  timeout client 600s
  timeout server 600s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s 127.0.0.1:${backendPort}
`,
    );
    const child = spawnPinned(core, "haproxy", ["-db", "-f", file]);
    await untilAccepts(port);
    return {
      pid: child.pid as number,
      port,
      describe: async () => "1 thread, keep-alive both sides, http-reuse always, no log",
      stop: () => stopChild(child),
    };
  },
};
