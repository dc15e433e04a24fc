import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { PeerVerifier } from "../../identity/peer-verifier.ts";
import type { PeerVerdict } from "../../identity/verify-chain.ts";
import type { CredentialSource } from "./credentials.ts";

/** An honest chain has two or three; more is cut here and then fails to verify. */
const MAX_PRESENTED = 9;

/** What the peer sent, leaf first, DER. On a resumed session only the leaf, or nothing. */
export function presentedChain(socket: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_PRESENTED) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

/** The second look at a peer, after every handshake: chain and identity against the bundle of the leaf's own domain. */
export type PeerCheck = (chain: readonly Buffer[], nowMs: number) => PeerVerdict;

export function createPeerCheck(source: CredentialSource): PeerCheck {
  const verifier = new PeerVerifier(
    (trustDomain) => source.trust().bundleOf(trustDomain),
    (serial, identity) => source.trust().isRevoked(serial, identity),
  );
  return (chain, nowMs) => verifier.verify(chain, nowMs);
}
