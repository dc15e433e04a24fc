import { createHash } from "node:crypto";
import type { TrustBundle } from "./trust-bundle.ts";
import { type BundleOf, type IsRevoked, type PeerVerdict, type VerifiedPeer, verifyPeerChain } from "./verify-chain.ts";

interface Remembered {
  readonly peer: VerifiedPeer;
  /** The bundle it was verified against; another object means: verify again. */
  readonly bundle: TrustBundle | undefined;
}

/** Enough for every peer a proxy talks to at a time; the oldest goes first. About 2 KiB each. */
const MAX_REMEMBERED = 4096;

/**
 * {@link verifyPeerChain} for every handshake of a process, with a memory by leaf: reconnecting peers cost a hash.
 * Expiry, revocation and a changed bundle are looked at every time. A resumed connection shows only
 * the leaf: the issuers it was verified with are remembered too, and judged against the bundle of now.
 */
export class PeerVerifier {
  readonly #bundleOf: BundleOf;
  readonly #isRevoked: IsRevoked;
  readonly #remembered = new Map<string, Remembered>();

  constructor(bundleOf: BundleOf, isRevoked: IsRevoked = () => false) {
    this.#bundleOf = bundleOf;
    this.#isRevoked = isRevoked;
  }

  /** `chainDer`: leaf first; on a resumed connection the leaf alone. */
  verify(chainDer: readonly Buffer[], nowMs: number): PeerVerdict {
    const [leaf] = chainDer;
    const key = leaf === undefined ? "" : createHash("sha256").update(leaf).digest("base64");
    const known = this.#remembered.get(key);
    if (known !== undefined && this.#stillStands(known, nowMs)) return known.peer;
    const chain = known !== undefined && chainDer.length === 1 ? known.peer.path : chainDer;
    const verdict = verifyPeerChain(chain, this.#bundleOf, nowMs, this.#isRevoked);
    this.#remembered.delete(key);
    // Refusals are not remembered: strangers must not be able to push peers out.
    if (verdict.ok) this.#remember(key, verdict);
    return verdict;
  }

  get size(): number {
    return this.#remembered.size;
  }

  #stillStands({ peer, bundle }: Remembered, nowMs: number): boolean {
    return (
      bundle === this.#bundleOf(peer.id.trustDomain) &&
      nowMs >= peer.notBeforeMs &&
      nowMs < peer.notAfterMs + 1000 &&
      !this.#isRevoked(peer.serial, peer.identity)
    );
  }

  #remember(key: string, peer: VerifiedPeer): void {
    if (this.#remembered.size >= MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(key, { peer, bundle: this.#bundleOf(peer.id.trustDomain) });
  }
}
