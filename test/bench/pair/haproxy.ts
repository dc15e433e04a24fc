import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { spawnPinned, stopChild, untilAccepts, versionOf } from "../peer.ts";
import { SERVER_NAME, writeCertificates } from "./certificates.ts";
import { fixed, type PairPeer } from "./contract.ts";

/** `between` is what the two speak inside TLS. */
export function haproxyPair(between: "h2" | "http/1.1"): PairPeer {
  return {
    name: between === "h2" ? "HAProxy, HTTP/2" : "HAProxy, HTTP/1.1",
    version: () => versionOf("haproxy", ["-v"]),
    async start(folder, backendPort, core) {
      const [port, portB] = [await freePort(), await freePort()];
      const { root, a, b } = writeCertificates(folder);
      const tls = `ssl ca-file ${root} verify required ssl-min-ver TLSv1.3 alpn ${between}`;
      const run = (name: string, bind: string, server: string) => {
        const file = join(folder, `${name}.cfg`);
        writeFileSync(file, configuration(bind, server));
        return spawnPinned(core, "haproxy", ["-db", "-f", file]);
      };
      const second = run("b", `127.0.0.1:${portB} ${tls} crt ${b.bundle} no-tls-tickets`, `127.0.0.1:${backendPort}`);
      const first = run(
        "a",
        `127.0.0.1:${port}`,
        `127.0.0.1:${portB} ${tls} crt ${a.bundle} verifyhost ${SERVER_NAME} sni str(${SERVER_NAME})`,
      );
      await untilAccepts(portB);
      await untilAccepts(port);
      return {
        pids: [first.pid as number, second.pid as number],
        port,
        configuration: fixed(
          `${between} over TLS 1.3 between the two, both verified (P-256); 1 thread each, keep-alive, http-reuse always, no log`,
        ),
        stop: async () => void (await Promise.all([stopChild(first), stopChild(second)])),
      };
    },
  };
}

function configuration(bind: string, server: string): string {
  return `global
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
  bind ${bind}
  default_backend b
backend b
  server s ${server}
`;
}
