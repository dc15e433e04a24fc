import { PeerVerifier } from "../../identity/peer-verifier.ts";
import type { PeerVerdict } from "../../identity/verify-chain.ts";
import type { CredentialSource } from "./credentials.ts";

/** The second look at a peer, after every handshake: chain and identity against the bundle of the leaf's own domain. */
export type PeerCheck = (chain: readonly Buffer[], nowMs: number) => PeerVerdict;

export function createPeerCheck(source: CredentialSource): PeerCheck {
  const verifier = new PeerVerifier(
    (trustDomain) => source.trust().bundleOf(trustDomain),
    (serial, identity) => source.trust().isRevoked(serial, identity),
  );
  return (chain, nowMs) => verifier.verify(chain, nowMs);
}
