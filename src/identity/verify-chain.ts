/**
 * Verifies a peer's chain once more after TLS has: against the roots of the trust domain named in the leaf's own
 * SPIFFE id and nothing else. With the roots of two domains in one list TLS lets either mint identities of the other.
 */
import { Asn1Error } from "./asn1.ts";
import type { SpiffeId } from "./spiffe-id.ts";
import {
  isStrongKey,
  isStrongSignature,
  issuerProblem,
  leafIdentity,
  type PeerProblem,
  type Problem,
  problem,
  validityProblem,
} from "./svid-rules.ts";
import { type Certificate, parseCertificate, type TrustBundle } from "./trust-bundle.ts";

/** The bundle of a trust domain, undefined when that domain is not trusted at all. */
export type BundleOf = (trustDomain: string) => TrustBundle | undefined;

/** `serial` is lower-case hex without leading zero bytes. */
export type IsRevoked = (serial: string, identity: string) => boolean;

export interface VerifiedPeer {
  readonly ok: true;
  /** SPIFFE id as text. */
  readonly identity: string;
  readonly id: SpiffeId;
  readonly serial: string;
  /** Unix milliseconds between which every certificate of the path is valid. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Leaf first, then what vouches for it, without the root. DER. */
  readonly path: readonly Buffer[];
}

export interface RefusedPeer {
  readonly ok: false;
  readonly code: PeerProblem;
  readonly message: string;
}

export type PeerVerdict = VerifiedPeer | RefusedPeer;

const MAX_CHAIN = 8;
const MAX_CHAIN_BYTES = 64 * 1024;
/** Certificates with equal names and no key ids could make a search expensive; an honest chain needs two checks. */
const MAX_SIGNATURE_CHECKS = 16;

/** `chainDer`: leaf first, then any certificates the peer sent, in any order. */
export function verifyPeerChain(chainDer: readonly Buffer[], bundleOf: BundleOf, nowMs: number, isRevoked?: IsRevoked): PeerVerdict {
  if (chainDer.length === 0) return refuse(problem("no-certificate", "the peer sent no certificate"));
  if (chainDer.length > MAX_CHAIN || chainDer.reduce((sum, der) => sum + der.length, 0) > MAX_CHAIN_BYTES) {
    return refuse(problem("chain-too-long", `the chain is over ${MAX_CHAIN} certificates or ${MAX_CHAIN_BYTES} bytes`));
  }
  const chain: Certificate[] = [];
  try {
    for (const der of chainDer) chain.push(parseCertificate(der));
  } catch (error) {
    if (error instanceof Asn1Error) return refuse(problem("malformed", `a certificate cannot be read: ${error.message}`));
    throw error;
  }
  const [leaf, ...intermediates] = chain as [Certificate, ...Certificate[]];
  const identity = leafIdentity(leaf.facts);
  if ("code" in identity) return refuse(identity);
  const bundle = bundleOf(identity.id.trustDomain);
  if (bundle === undefined) return refuse(problem("unknown-trust-domain", `trust domain ${identity.id.trustDomain} is not trusted`));
  const wrong = strengthProblem(leaf, "the leaf") ?? validityProblem(leaf.facts, nowMs, "the leaf");
  if (wrong !== null) return refuse(wrong);
  if (isRevoked?.(leaf.facts.serial, identity.text)) return refuse(problem("revoked", `the certificate of ${identity.text} is revoked`));

  const search = new PathSearch(intermediates, bundle, nowMs);
  const path = search.from(leaf);
  if (path === null) return refuse(search.firstProblem ?? problem("untrusted", `the chain ends at no root of ${bundle.trustDomain}`));
  return {
    ok: true,
    identity: identity.text,
    id: identity.id,
    serial: leaf.facts.serial,
    notBeforeMs: Math.max(...path.map(({ facts }) => facts.notBeforeMs)),
    notAfterMs: Math.min(...path.map(({ facts }) => facts.notAfterMs)),
    path: path.slice(0, -1).map(({ facts }) => facts.der),
  };
}

/** Walks from the leaf upwards by issuer name until a root of the bundle vouches, trying roots first. */
class PathSearch {
  readonly #intermediates: readonly Certificate[];
  readonly #bundle: TrustBundle;
  readonly #nowMs: number;
  #checksLeft = MAX_SIGNATURE_CHECKS;
  /** What stood in the way of an otherwise fitting issuer; better news than "untrusted". */
  firstProblem: Problem | null = null;

  constructor(intermediates: readonly Certificate[], bundle: TrustBundle, nowMs: number) {
    this.#intermediates = intermediates;
    this.#bundle = bundle;
    this.#nowMs = nowMs;
  }

  /** The path with its root last, or null. */
  from(leaf: Certificate): readonly Certificate[] | null {
    return this.#extend([leaf]);
  }

  #extend(path: readonly Certificate[]): readonly Certificate[] | null {
    const top = path.at(-1) as Certificate;
    if (!isStrongSignature(top.facts.signatureAlgorithm)) {
      this.firstProblem ??= problem("weak-signature", `${nameOf(top)} is signed with a weak algorithm`);
      return null;
    }
    for (const root of this.#bundle.roots) if (this.#vouches(root, top, path.length - 1)) return [...path, root];
    for (const next of this.#intermediates) {
      if (path.includes(next) || !this.#vouches(next, top, path.length - 1)) continue;
      const whole = this.#extend([...path, next]);
      if (whole !== null) return whole;
    }
    return null;
  }

  #vouches(issuer: Certificate, subject: Certificate, below: number): boolean {
    if (!issuer.facts.subject.der.equals(subject.facts.issuer.der)) return false;
    const { authorityKeyId } = subject.facts.extensions;
    const { subjectKeyId } = issuer.facts.extensions;
    if (authorityKeyId !== null && subjectKeyId !== null && !authorityKeyId.equals(subjectKeyId)) return false;
    if (this.#checksLeft === 0) return false;
    this.#checksLeft -= 1;
    if (!isSignedBy(subject, issuer)) return false;
    // Only now is it known that the problem is this chain's own and not a namesake's.
    const wrong =
      issuerProblem(issuer.facts, this.#bundle.trustDomain, below) ??
      strengthProblem(issuer, nameOf(issuer)) ??
      validityProblem(issuer.facts, this.#nowMs, nameOf(issuer));
    this.firstProblem ??= wrong;
    return wrong === null;
  }
}

function isSignedBy(subject: Certificate, issuer: Certificate): boolean {
  try {
    return subject.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key of a kind that cannot have made this signature.
    return false;
  }
}

function strengthProblem(certificate: Certificate, who: string): Problem | null {
  try {
    if (isStrongKey(certificate.x509.publicKey)) return null;
  } catch {
    // OpenSSL does not know the key's algorithm or curve.
  }
  return problem("weak-key", `the key of ${who} is weak or of an unknown kind`);
}

function nameOf(certificate: Certificate): string {
  return certificate.facts.subject.text || `certificate ${certificate.facts.serial}`;
}

function refuse({ code, message }: Problem): RefusedPeer {
  return { ok: false, code, message };
}
