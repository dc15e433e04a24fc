import { X509Certificate } from "node:crypto";
import { Asn1Error } from "./asn1.ts";
import { type CertificateFacts, readCertificate } from "./certificate-reader.ts";
import { formatCertificatesPem, parseCertificatesPem } from "./pem.ts";

/** A certificate read twice: by our reader for its fields, by OpenSSL for its key and signature. */
export interface Certificate {
  readonly facts: CertificateFacts;
  readonly x509: X509Certificate;
}

/** The roots that may vouch for the identities of one trust domain, and of no other. Immutable: a change is a new bundle. */
export interface TrustBundle {
  readonly trustDomain: string;
  readonly roots: readonly Certificate[];
}

/** More roots than a rotation of several roots at once needs; each costs time in every handshake. */
const MAX_ROOTS = 32;

/** Throws {@link Asn1Error} when the bytes are no certificate either reader accepts. */
export function parseCertificate(der: Buffer): Certificate {
  const facts = readCertificate(der);
  try {
    return { facts, x509: new X509Certificate(der) };
  } catch {
    throw new Asn1Error("OpenSSL does not read the certificate");
  }
}

/** Throws {@link Asn1Error} for an empty list, unreadable certificates, and ones that are no CA. `roots` are DER. */
export function createTrustBundle(trustDomain: string, roots: readonly Buffer[]): TrustBundle {
  if (roots.length === 0) throw new Asn1Error(`the trust bundle of ${trustDomain} has no root`);
  if (roots.length > MAX_ROOTS) throw new Asn1Error(`the trust bundle of ${trustDomain} has over ${MAX_ROOTS} roots`);
  const certificates = roots.map(parseCertificate);
  if (certificates.some(({ facts }) => facts.extensions.basicConstraints?.ca !== true)) {
    throw new Asn1Error(`the trust bundle of ${trustDomain} holds a certificate that is no CA`);
  }
  return Object.freeze({ trustDomain, roots: Object.freeze(certificates) });
}

export function parseTrustBundle(trustDomain: string, pem: string): TrustBundle {
  return createTrustBundle(trustDomain, parseCertificatesPem(pem));
}

export function formatTrustBundle(bundle: TrustBundle): string {
  return formatCertificatesPem(bundle.roots.map((root) => root.facts.der));
}
