import type { TLSSocket } from "node:tls";
import type { CertificateAuthority } from "../../ca/authority.ts";
import { PeerVerifier } from "../../identity/peer-verifier.ts";
import { presentedChain } from "../../identity/presented-chain.ts";
import { createTrustBundle, type TrustBundle } from "../../identity/trust-bundle.ts";
import type { Clock } from "../../lib/clock.ts";

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
    const chain = presentedChain(socket.getPeerX509Certificate());
    const [leafDer] = chain;
    if (leafDer === undefined) return null;
    const verdict = verifier.verify(chain, clock.nowMs());
    return verdict.ok ? { identity: verdict.identity, serial: verdict.serial, leafDer } : null;
  };
}

function sameRoots(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((root, index) => root.equals(b[index] ?? Buffer.alloc(0)));
}
