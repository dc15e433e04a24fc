import type { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { ALPN } from "../../messages/names.ts";

const MAX_CHAIN = 9;
const TIMEOUT_MS = 2_000;

/**
 * The chain a mesh port shows to a caller, leaf first, DER; a sentence when it cannot be had. It needs no certificate
 * of ours: a server shows its own before it judges the client's. Whether it is to be trusted is the caller's to judge.
 */
export function fetchServedChain(host: string, port: number): Promise<readonly Buffer[] | string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: [ALPN.H1], timeout: TIMEOUT_MS });
    const end = (result: readonly Buffer[] | string): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("secureConnect", () => end(chainOf(socket.getPeerX509Certificate())));
    socket.once("timeout", () => end(`${host}:${port} did not answer within ${TIMEOUT_MS / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => end(`${host}:${port} could not be asked (${error.code ?? error.message})`));
  });
}

function chainOf(leaf: X509Certificate | undefined): readonly Buffer[] | string {
  const chain: Buffer[] = [];
  for (let next = leaf; next !== undefined && chain.length < MAX_CHAIN; next = next.issuerCertificate) chain.push(next.raw);
  return chain.length > 0 ? chain : "it showed no certificate";
}
