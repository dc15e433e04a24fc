import { connect } from "node:tls";
import { presentedChain } from "../../identity/presented-chain.ts";
import { ALPN } from "../../messages/names.ts";

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
    socket.once("secureConnect", () => {
      const chain = presentedChain(socket.getPeerX509Certificate());
      end(chain.length > 0 ? chain : "it showed no certificate");
    });
    socket.once("timeout", () => end(`${host}:${port} did not answer within ${TIMEOUT_MS / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => end(`${host}:${port} could not be asked (${error.code ?? error.message})`));
  });
}
