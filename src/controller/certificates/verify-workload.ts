import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CertificateAuthority } from "../../ca/authority.ts";
import { PeerVerifier } from "../../identity/peer-verifier.ts";
import { createTrustBundle, type TrustBundle } from "../../identity/trust-bundle.ts";
import type { Clock } from "../../lib/clock.ts";

/** An honest chain has two or three certificates. */
const MAX_PRESENTED = 9;

/** Who a TLS client has proven to be: a valid mesh identity, or null for no certificate or one that does not count. */
export function createWorkloadVerifier(
  ca: CertificateAuthority,
  clock: Clock,
): (socket: TLSSocket) => { identity: string; serial: string; leafDer: Buffer } | null {
  let roots: readonly Buffer[] = [];
  let bundle: TrustBundle | undefined;
  const verifier = new PeerVerifier((trustDomain) => {
    if (trustDomain !== ca.trustDomain) return undefined;
    const now = ca.roots();
    if (bundle === undefined || !sameRoots(roots, now)) {
      roots = now;
      bundle = createTrustBundle(trustDomain, now);
    }
    return bundle;
  });
  return (socket) => {
    const chain = presentedChain(socket);
    const [leafDer] = chain;
    if (leafDer === undefined) return null;
    const verdict = verifier.verify(chain, clock.nowMs());
    return verdict.ok ? { identity: verdict.identity, serial: verdict.serial, leafDer } : null;
  };
}

/** What the client sent, leaf first. */
function presentedChain(socket: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_PRESENTED) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function sameRoots(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((root, index) => root.equals(b[index] ?? Buffer.alloc(0)));
}
