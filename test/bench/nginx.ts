import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import type { CountingBackend } from "./load/window.ts";
import { type RunningPeer, spawnPinned, stopChild, untilAccepts } from "./peer.ts";

/** 82 bytes, as in the first measurements. */
const BODY = "x".repeat(82);

/** Workers of a root's nginx would run as nobody, who cannot read our folder. */
const AS_ROOT = process.getuid?.() === 0 ? "user root; " : "";

/** nginx with one worker and `http` inside its http block; `port` is one it listens on. */
export async function runNginx(folder: string, core: number, http: string, port: number): Promise<RunningPeer> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `${AS_ROOT}daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  ${http}
}
`,
  );
  const child = spawnPinned(core, "nginx", ["-c", file, "-p", folder]);
  await untilAccepts(port);
  return {
    pid: child.pid as number,
    port,
    describe: async () => "1 worker, keep-alive both sides, access log off",
    stop: () => stopChild(child),
  };
}

/** The backend all proxies stand in front of: 82 bytes from memory, and a count of requests, this one included. */
export async function startBackend(folder: string, core: number): Promise<RunningPeer & CountingBackend> {
  const port = await freePort();
  const server = `server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { return 200 "${BODY}"; }
    location = /served { stub_status; }
  }`;
  const running = await runNginx(join(folder, "backend"), core, server, port);
  const served = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/served`)).text();
    // Connections accepted, handled, and requests.
    return Number(/^\s*\d+ \d+ (\d+)\s*$/m.exec(text)?.[1]);
  };
  return { ...running, served };
}
