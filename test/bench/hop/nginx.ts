import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { runNginx } from "../nginx.ts";
import { type Peer, versionOf } from "../peer.ts";

export const nginx: Peer = {
  name: "nginx",
  version: () => versionOf("nginx", ["-v"]),
  async start(folder, backendPort, core) {
    const port = await freePort();
    return runNginx(
      join(folder, "nginx"),
      core,
      `upstream b { server 127.0.0.1:${backendPort}; keepalive 512; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port} backlog=4096; location / { proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
      port,
    );
  },
};
