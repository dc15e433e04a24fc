import { connect } from "node:tls";
import type { Clock } from "../../../lib/clock.ts";

/** What a TLS client without a certificate saw. */
export interface WireView {
  /** The server's certificate chains to the mesh's root. */
  readonly trusted: boolean;
  /** `URI:spiffe://…` as the certificate says it. */
  readonly names: string;
  /** Bytes of an answer to a request that was sent all the same. */
  readonly answered: number;
}

const LIMIT_MS = 5_000;

/** Looks at a sidecar's mutual-TLS port as someone without a certificate would, and asks for something anyway. */
export function lookAtWire(port: number, ca: string, clock: Clock): Promise<WireView> {
  return new Promise((resolve) => {
    let view: WireView = { trusted: false, names: "", answered: 0 };
    const socket = connect({ host: "127.0.0.1", port, ca, ALPNProtocols: ["meshctl/h1"], rejectUnauthorized: false });
    const timer = clock.setTimer(() => socket.destroy(), LIMIT_MS);
    socket.on("secureConnect", () => {
      // Node compares the host name too; a mesh certificate names a workload and no host.
      const trusted = socket.authorized || String(socket.authorizationError) === "ERR_TLS_CERT_ALTNAME_INVALID";
      view = { ...view, trusted, names: socket.getPeerCertificate().subjectaltname ?? "" };
      socket.write("GET /items HTTP/1.1\r\nhost: api\r\nconnection: close\r\n\r\n");
    });
    socket.on("data", (bytes) => {
      view = { ...view, answered: view.answered + bytes.length };
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      timer.cancel();
      resolve(view);
    });
  });
}
