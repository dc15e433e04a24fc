import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { spawnPinned, stopChild, untilAccepts, versionOf } from "../peer.ts";
import { clientTls, SERVER_NAME, writeCertificates } from "./certificates.ts";
import { fixed, type PairPeer } from "./contract.ts";

/** What callers and backend speak, and what the two speak inside TLS. */
export interface HaproxyWay {
  readonly name: string;
  readonly mode: "http" | "tcp";
  /** HTTP/2 without TLS at both ends (gRPC). */
  readonly cleartextH2?: boolean;
  readonly alpn: "h2" | "http/1.1" | null;
}

export const HAPROXY_H2: HaproxyWay = { name: "HAProxy, HTTP/2", mode: "http", alpn: "h2" };
export const HAPROXY_H1: HaproxyWay = { name: "HAProxy, HTTP/1.1", mode: "http", alpn: "http/1.1" };
export const HAPROXY_GRPC: HaproxyWay = { name: "HAProxy, HTTP/2", mode: "http", cleartextH2: true, alpn: "h2" };
export const HAPROXY_TCP: HaproxyWay = { name: "HAProxy, TCP", mode: "tcp", alpn: null };

export function haproxyPair(way: HaproxyWay): PairPeer {
  return {
    name: way.name,
    version: () => versionOf("haproxy", ["-v"]),
    async start(folder, backendPort, core) {
      const [port, portB] = [await freePort(), await freePort()];
      const files = writeCertificates(folder);
      const { root, a, b } = files;
      const tls = `ssl ca-file ${root} verify required ssl-min-ver TLSv1.3${way.alpn === null ? "" : ` alpn ${way.alpn}`}`;
      const plain = way.cleartextH2 ? " proto h2" : "";
      const run = (name: string, bind: string, server: string) => {
        const file = join(folder, `${name}.cfg`);
        writeFileSync(file, configuration(way.mode, bind, server));
        return spawnPinned(core, "haproxy", ["-db", "-f", file]);
      };
      const second = run("b", `127.0.0.1:${portB} ${tls} crt ${b.bundle} no-tls-tickets`, `127.0.0.1:${backendPort}${plain}`);
      const first = run(
        "a",
        `127.0.0.1:${port}${plain}`,
        `127.0.0.1:${portB} ${tls} crt ${a.bundle} verifyhost ${SERVER_NAME} sni str(${SERVER_NAME})`,
      );
      await untilAccepts(portB);
      await untilAccepts(port);
      return {
        pids: [first.pid as number, second.pid as number],
        port,
        between: { port: portB, tls: clientTls(files) },
        configuration: fixed(
          `${way.alpn ?? "opaque bytes"} over TLS 1.3 between the two, both verified (P-256); 1 thread each, ${way.mode === "http" ? "keep-alive, http-reuse always, " : ""}no log`,
        ),
        stop: async () => void (await Promise.all([stopChild(first), stopChild(second)])),
      };
    },
  };
}

function configuration(mode: "http" | "tcp", bind: string, server: string): string {
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode ${mode}
  ${mode === "http" ? "option http-keep-alive\n  http-reuse always" : ""}
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
