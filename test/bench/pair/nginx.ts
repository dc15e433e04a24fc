import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { runNginx } from "../nginx.ts";
import { versionOf } from "../peer.ts";
import { clientTls, SERVER_NAME, writeCertificates } from "./certificates.ts";
import { fixed, type PairPeer } from "./contract.ts";

const KEEP = "keepalive 512; keepalive_requests 100000000; keepalive_timeout 600s;";
const PASS = 'client_max_body_size 0; proxy_request_buffering off; proxy_http_version 1.1; proxy_set_header Connection "";';

export const nginxPair: PairPeer = {
  name: "nginx, HTTP/1.1",
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
    listen 127.0.0.1:${portB} ssl backlog=4096;
    ssl_certificate ${b.chain}; ssl_certificate_key ${b.key}; ssl_protocols TLSv1.3; ssl_session_tickets off;
    ssl_client_certificate ${root}; ssl_verify_client on; ssl_verify_depth 2;
    location / { proxy_pass http://app; ${PASS} }
  }`,
      portB,
    );
    const first = await runNginx(
      join(folder, "a"),
      core,
      `upstream peer { server 127.0.0.1:${portB}; ${KEEP} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass https://peer; ${PASS}
      proxy_ssl_certificate ${a.chain}; proxy_ssl_certificate_key ${a.key}; proxy_ssl_protocols TLSv1.3;
      proxy_ssl_trusted_certificate ${root}; proxy_ssl_verify on; proxy_ssl_verify_depth 2; proxy_ssl_name ${SERVER_NAME}; proxy_ssl_server_name on;
    }
  }`,
      port,
    );
    return {
      pids: [first.pid, second.pid],
      port,
      between: { port: portB, tls: clientTls(files) },
      configuration: fixed("HTTP/1.1 over TLS 1.3 between the two, both verified (P-256); 1 worker each, keep-alive 512, access log off"),
      stop: async () => void (await Promise.all([first.stop(), second.stop()])),
    };
  },
};
