import type { X509Certificate } from "node:crypto";

/** An honest chain has two or three certificates; more is cut here and then fails to verify. */
const MAX_PRESENTED = 9;

/**
 * What a TLS peer sent, leaf first, DER, from `socket.getPeerX509Certificate()`. Empty without a certificate. A
 * resumed connection may know the leaf alone.
 */
export function presentedChain(leaf: X509Certificate | undefined): readonly Buffer[] {
  const chain: Buffer[] = [];
  for (let next = leaf; next !== undefined && chain.length < MAX_PRESENTED; next = next.issuerCertificate) chain.push(next.raw);
  return chain;
}
