/**
 * The rules of an X.509-SVID, one certificate at a time: SPIFFE's X509-SVID.md (sections named at each rule)
 * on top of RFC 5280. They hold on issue and on verify.
 */
import type { KeyObject } from "node:crypto";
import type { CertificateFacts, TbsFacts } from "./certificate-reader.ts";
import { OID } from "./oids.ts";
import { formatSpiffeId, parseSpiffeId, type SpiffeId } from "./spiffe-id.ts";

/** Why a peer's certificate is not accepted; stable words for logs and metrics. */
export type PeerProblem =
  | "no-certificate"
  | "chain-too-long"
  | "malformed"
  | "not-one-uri"
  | "bad-spiffe-id"
  | "leaf-is-ca"
  | "bad-key-usage"
  | "bad-extended-key-usage"
  | "critical-extension"
  | "weak-key"
  | "weak-signature"
  | "not-yet-valid"
  | "expired"
  | "unknown-trust-domain"
  | "bad-issuer"
  | "untrusted"
  | "revoked";

export interface Problem {
  readonly code: PeerProblem;
  readonly message: string;
}

export function problem(code: PeerProblem, message: string): Problem {
  return { code, message };
}

/** The identity a leaf names, once it keeps every rule that can be judged on the leaf alone (validity and trust apart). */
export function leafIdentity(facts: TbsFacts): { readonly id: SpiffeId; readonly text: string } | Problem {
  const { altNames, basicConstraints, keyUsage, extendedKeyUsage } = facts.extensions;
  // Section 2: exactly one URI SAN; names of other kinds may stand beside it.
  const [uri, ...more] = altNames?.uris ?? [];
  if (uri === undefined) return problem("not-one-uri", "the certificate has no URI in its subject alternative names");
  if (more.length > 0) return problem("not-one-uri", `the certificate has ${more.length + 1} URIs in its subject alternative names`);
  const parsed = parseSpiffeId(uri);
  if (!parsed.ok) return problem("bad-spiffe-id", parsed.message);
  // Section 3.1 (leaf): the path may not be empty; that id is for signing certificates.
  if (parsed.id.segments.length === 0) return problem("bad-spiffe-id", "SPIFFE id of a leaf has no path");
  // Section 4.1.
  if (basicConstraints?.ca === true) return problem("leaf-is-ca", "the leaf is a CA certificate");
  // Section 4.3: key usage present and critical, digitalSignature set, neither signing bit.
  if (keyUsage === null || !keyUsage.critical) return problem("bad-key-usage", "key usage is missing or not critical");
  if (!keyUsage.usages.includes("digitalSignature")) return problem("bad-key-usage", "key usage lacks digitalSignature");
  if (keyUsage.usages.includes("keyCertSign") || keyUsage.usages.includes("cRLSign")) {
    return problem("bad-key-usage", "key usage of a leaf allows signing certificates or revocation lists");
  }
  // Section 4.4: optional, but both when present.
  if (extendedKeyUsage !== null && !(extendedKeyUsage.includes(OID.SERVER_AUTH) && extendedKeyUsage.includes(OID.CLIENT_AUTH))) {
    return problem("bad-extended-key-usage", "extended key usage lacks serverAuth or clientAuth");
  }
  return criticalProblem(facts) ?? { id: parsed.id, text: formatSpiffeId(parsed.id) };
}

/** What keeps a certificate from vouching for others of `trustDomain`, or null. `below`: how many intermediates stand under it. */
export function issuerProblem(facts: CertificateFacts, trustDomain: string, below: number): Problem | null {
  const { altNames, basicConstraints, keyUsage, extendedKeyUsage } = facts.extensions;
  const who = `issuer ${facts.subject.text || facts.serial}`;
  if (basicConstraints?.ca !== true) return problem("bad-issuer", `${who} is not a CA`);
  if (basicConstraints.pathLength !== null && basicConstraints.pathLength < below) {
    return problem("bad-issuer", `${who} does not allow ${below} CA certificates below it`);
  }
  // RFC 5280 4.2.1.3: a CA that signs certificates says so. Old roots leave key usage out altogether.
  if (keyUsage !== null && !keyUsage.usages.includes("keyCertSign")) return problem("bad-issuer", `${who} may not sign certificates`);
  const purposes = extendedKeyUsage ?? [OID.ANY_EXTENDED_KEY_USAGE];
  if (!purposes.includes(OID.ANY_EXTENDED_KEY_USAGE) && !(purposes.includes(OID.SERVER_AUTH) && purposes.includes(OID.CLIENT_AUTH))) {
    return problem("bad-issuer", `${who} is for other purposes than TLS`);
  }
  // Section 3.2: a signing certificate may carry an id, then it is the trust domain's own.
  const uris = altNames?.uris ?? [];
  if (uris.length > 1 || (uris.length === 1 && uris[0] !== `spiffe://${trustDomain}`)) {
    return problem("bad-issuer", `${who} has an identity other than spiffe://${trustDomain}`);
  }
  return criticalProblem(facts);
}

/** RFC 5280 4.2: what is critical and not understood refuses the certificate. Name constraints are, so they do. */
function criticalProblem(facts: TbsFacts): Problem | null {
  const unread = facts.extensions.others.find((other) => other.critical || other.type === OID.NAME_CONSTRAINTS);
  return unread === undefined ? null : problem("critical-extension", `extension ${unread.type} is critical and not understood`);
}

export function validityProblem(facts: TbsFacts, nowMs: number, who: string): Problem | null {
  if (nowMs < facts.notBeforeMs) return problem("not-yet-valid", `${who} is valid from ${new Date(facts.notBeforeMs).toISOString()}`);
  // The last second counts (RFC 5280 4.1.2.5: notAfter is inclusive).
  if (nowMs >= facts.notAfterMs + 1000) return problem("expired", `${who} expired at ${new Date(facts.notAfterMs).toISOString()}`);
  return null;
}

const STRONG_CURVES = new Set(["prime256v1", "secp384r1", "secp521r1"]);
const MIN_RSA_BITS = 2048;

/** NIST SP 800-57: at least 112 bits of strength; no curve below P-256. */
export function isStrongKey(key: KeyObject): boolean {
  if (key.asymmetricKeyType === "ec") return STRONG_CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? "");
  if (key.asymmetricKeyType === "rsa") return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
  return key.asymmetricKeyType === "ed25519";
}

const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  OID.ECDSA_SHA256,
  OID.ECDSA_SHA384,
  OID.ECDSA_SHA512,
  OID.RSA_SHA256,
  OID.RSA_SHA384,
  OID.RSA_SHA512,
  OID.ED25519,
]);

/** No MD5, no SHA-1. `algorithm` is an object identifier. */
export function isStrongSignature(algorithm: string): boolean {
  return STRONG_SIGNATURES.has(algorithm);
}
