/** Pairs that carry gRPC: HTTP/2 without TLS at both ends, and what they can between them. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../free-port.ts";
import { ourPair, DESTINATION } from "../mesh/our-pair.ts";
import { tenAccessRules, tenRules } from "../mesh/rules.ts";
import { runNginx } from "../nginx.ts";
import { clientTls, SERVER_NAME, writeCertificates } from "../pair/certificates.ts";
import { fixed, type NodeFlags, type PairPeer } from "../pair/contract.ts";
import { nodeProgram } from "../pair/node.ts";
import { versionOf } from "../peer.ts";

const KEEP = "keepalive 512; keepalive_requests 100000000; keepalive_timeout 600s;";

export const nginxGrpc: PairPeer = {
  name: "nginx, grpc_pass",
  version: () => versionOf("nginx", ["-v"]),
  async start(folder, backendPort, core) {
    const [port, portB] = [await freePort(), await freePort()];
    const files = writeCertificates(folder);
    const { root, a, b } = files;
    const second = await runNginx(
      join(folder, "b"),
      core,
      `upstream app { server 127.0.0.1:${backendPort}; ${KEEP} }
  server {
    listen 127.0.0.1:${portB} ssl http2 backlog=4096;
    ssl_certificate ${b.chain}; ssl_certificate_key ${b.key}; ssl_protocols TLSv1.3; ssl_session_tickets off;
    ssl_client_certificate ${root}; ssl_verify_client on; ssl_verify_depth 2;
    location / { grpc_pass grpc://app; }
  }`,
      portB,
    );
    const first = await runNginx(
      join(folder, "a"),
      core,
      `upstream peer { server 127.0.0.1:${portB}; ${KEEP} }
  server {
    listen 127.0.0.1:${port} http2 backlog=4096;
    location / {
      grpc_pass grpcs://peer;
      grpc_ssl_certificate ${a.chain}; grpc_ssl_certificate_key ${a.key}; grpc_ssl_protocols TLSv1.3;
      grpc_ssl_trusted_certificate ${root}; grpc_ssl_verify on; grpc_ssl_verify_depth 2; grpc_ssl_name ${SERVER_NAME}; grpc_ssl_server_name on;
    }
  }`,
      port,
    );
    return {
      pids: [first.pid, second.pid],
      port,
      between: { port: portB, tls: clientTls(files) },
      configuration: fixed(
        "HTTP/2 over TLS 1.3 between the two (one call at a time on each connection), both verified (P-256); 1 worker each",
      ),
      stop: async () => void (await Promise.all([first.stop(), second.stop()])),
    };
  },
};

export const nodeGrpc: PairPeer = nodeProgram(
  "node:http2",
  fileURLToPath(new URL("./node-grpc-proxy.mjs", import.meta.url)),
  "HTTP/2 all the way, one session over TLS 1.3 between the two, both verified (P-256); no routing, metrics or limits",
);

export function ourGrpc(nodeFlags: NodeFlags): PairPeer {
  return ourPair({
    name: "meshctl",
    nodeFlags,
    protocol: "grpc",
    routes: tenRules(DESTINATION),
    policies: [tenAccessRules()],
  });
}
