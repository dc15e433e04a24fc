import type { PeerCertificate } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { CONTROLLER_IDENTITY_PATH } from "../../messages/names.ts";
import type { PeerCheck } from "../tls/peer.ts";

const MAX_PRESENTED = 9;

/**
 * Tells a controller by its SPIFFE id, whatever address it was reached by. In the form `checkServerIdentity`
 * wants: an error refuses the connection.
 */
export function createControllerCheck(
  check: PeerCheck,
  trustDomain: string,
  clock: Clock,
): (certificate: PeerCertificate) => Error | undefined {
  const expected = `spiffe://${trustDomain}/${CONTROLLER_IDENTITY_PATH}`;
  return (certificate) => {
    const peer = check(chainOf(certificate), clock.nowMs());
    if (!peer.ok) return new Error(`the controller's certificate is not accepted: ${peer.message}`);
    return peer.identity === expected ? undefined : new Error(`expected ${expected}, the server is ${peer.identity}`);
  };
}

/** Leaf first; the last certificate of Node's chain names itself as its issuer. */
function chainOf(certificate: PeerCertificate): readonly Buffer[] {
  const chain: Buffer[] = [];
  let next: PeerCertificate | undefined = certificate;
  while (next?.raw !== undefined && chain.length < MAX_PRESENTED) {
    chain.push(next.raw);
    const issuer: PeerCertificate | undefined = "issuerCertificate" in next ? (next.issuerCertificate as PeerCertificate) : undefined;
    next = issuer === next ? undefined : issuer;
  }
  return chain;
}
