/** From the CA's values to those of src/api/contract.ts. */
import type { CaCertificate, CaStatus, CertificateResponse, IssuedCertificate } from "../../api/contract.ts";
import { createHash } from "node:crypto";
import type { CertificateAuthority, IssuedLeaf } from "../../ca/authority.ts";
import type { ListedIssuance } from "../../ca/issuance-log.ts";
import { type CertificateFacts, readCertificate } from "../../identity/certificate-reader.ts";
import { formatCertificatesPem } from "../../identity/pem.ts";

export function certificateResponse(ca: CertificateAuthority, { chain, record }: IssuedLeaf): CertificateResponse {
  return {
    chain: formatCertificatesPem(chain),
    trustBundle: formatCertificatesPem(ca.roots()),
    serial: record.serial,
    notBefore: iso(record.notBeforeMs),
    notAfter: iso(record.notAfterMs),
  };
}

export function issuedCertificate(record: ListedIssuance): IssuedCertificate {
  return {
    identity: record.identity,
    instance: record.instance,
    serial: record.serial,
    issuedAt: iso(record.issuedAtMs),
    notBefore: iso(record.notBeforeMs),
    notAfter: iso(record.notAfterMs),
    issuer: record.issuer,
    state: record.state,
    via: record.via,
  };
}

export function caStatus(ca: CertificateAuthority, nowMs: number): CaStatus {
  const live = ca.issued().filter(({ state }) => state === "current");
  return {
    trustDomain: ca.trustDomain,
    backend: ca.backendName,
    root: caCertificate(readCertificate(ca.roots().at(-1) as Buffer)),
    issuer: caCertificate(ca.issuer()),
    leafTtlSeconds: ca.lifetimes.leafMs / 1000,
    issuerRotatesAt: iso(ca.issuerRotatesAtMs()),
    issued: {
      current: live.length,
      expiringWithin1h: live.filter(({ notAfterMs }) => notAfterMs - nowMs <= 3_600_000).length,
    },
  };
}

function caCertificate(facts: CertificateFacts): CaCertificate {
  return {
    subject: facts.subject.text,
    serial: facts.serial,
    notBefore: iso(facts.notBeforeMs),
    notAfter: iso(facts.notAfterMs),
    fingerprintSha256: createHash("sha256").update(facts.der).digest("hex"),
  };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
