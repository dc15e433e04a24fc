import { connect } from "node:tls";
import type { Clock } from "../../../lib/clock.ts";

/** Certificate and key of a client, PEM. */
export interface ClientCredential {
  readonly cert: string;
  readonly key: string;
}

/** What a TLS client saw. */
export interface WireView {
  /** The server's certificate chains to the mesh's root. */
  readonly trusted: boolean;
  /** `URI:spiffe://…` as the certificate says it. */
  readonly names: string;
  /** First line of the answer to a request that was sent in any case; empty when there was none. */
  readonly answer: string;
}

const LIMIT_MS = 5_000;

/** Looks at a sidecar's mutual-TLS port from outside the mesh, with or without a certificate, and asks for something. */
export function lookAtWire(port: number, ca: string, clock: Clock, credential?: ClientCredential): Promise<WireView> {
  return new Promise((resolve) => {
    let view: WireView = { trusted: false, names: "", answer: "" };
    let text = "";
    const socket = connect({ host: "127.0.0.1", port, ca, ...credential, ALPNProtocols: ["http/1.1"], rejectUnauthorized: false });
    const timer = clock.setTimer(() => socket.destroy(), LIMIT_MS);
    socket.setEncoding("utf8");
    socket.on("secureConnect", () => {
      // Node compares the host name too; a mesh certificate names a workload and no host.
      const trusted = socket.authorized || String(socket.authorizationError) === "ERR_TLS_CERT_ALTNAME_INVALID";
      view = { ...view, trusted, names: socket.getPeerCertificate().subjectaltname ?? "" };
      socket.write("GET /healthz HTTP/1.1\r\nhost: api\r\nconnection: close\r\n\r\n");
    });
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      timer.cancel();
      resolve({ ...view, answer: text.split("\r\n", 1)[0] ?? "" });
    });
  });
}
