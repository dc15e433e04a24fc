import { createHash, X509Certificate } from "node:crypto";
import { type CertificateFacts, readCertificate } from "../../identity/certificate-reader.ts";
import { createTrustBundle } from "../../identity/trust-bundle.ts";
import { verifyPeerChain } from "../../identity/verify-chain.ts";
import type { Style } from "../output/style.ts";
import { printable } from "../output/printable.ts";
import { formatLeft } from "./life.ts";

/** One certificate for people and programs. Times are RFC 3339. */
export interface DescribedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly ca: boolean;
  readonly keyUsage: readonly string[];
  readonly key: string;
  readonly fingerprintSha256: string;
}

export interface DescribedChain {
  readonly certificates: readonly DescribedCertificate[];
  /** Judged as a peer would: against the mesh's roots, by the rules of X.509-SVID. Null when there is no mesh to ask. */
  readonly verdict: { readonly ok: boolean; readonly message: string } | null;
}

/** Whom the mesh trusts; `roots` are DER. */
export interface Trust {
  readonly trustDomain: string;
  readonly roots: readonly Buffer[];
}

/** Throws Asn1Error for bytes that are no certificates. `chain` is DER, leaf first. */
export function describeChain(chain: readonly Buffer[], trust: Trust | null, nowMs: number): DescribedChain {
  const certificates = chain.map((der) => describeCertificate(readCertificate(der)));
  return { certificates, verdict: trust === null ? null : judge(chain, trust, nowMs) };
}

function judge(chain: readonly Buffer[], { trustDomain, roots }: Trust, nowMs: number): { ok: boolean; message: string } {
  const bundle = createTrustBundle(trustDomain, roots);
  const verdict = verifyPeerChain(chain, (domain) => (domain === trustDomain ? bundle : undefined), nowMs);
  return { ok: verdict.ok, message: verdict.ok ? `chains to a root of ${trustDomain}` : verdict.message };
}

function describeCertificate(facts: CertificateFacts): DescribedCertificate {
  const { altNames, basicConstraints, keyUsage } = facts.extensions;
  return {
    subject: facts.subject.text,
    issuer: facts.issuer.text,
    serial: facts.serial,
    notBefore: new Date(facts.notBeforeMs).toISOString(),
    notAfter: new Date(facts.notAfterMs).toISOString(),
    uris: altNames?.uris ?? [],
    dnsNames: altNames?.dnsNames ?? [],
    ipAddresses: altNames?.ipAddresses ?? [],
    ca: basicConstraints?.ca ?? false,
    keyUsage: keyUsage?.usages ?? [],
    key: keyName(facts.der),
    fingerprintSha256: createHash("sha256").update(facts.der).digest("hex"),
  };
}

function keyName(der: Buffer): string {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(der).publicKey;
    const detail = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength;
    return [asymmetricKeyType, detail].filter((part) => part !== undefined).join(" ");
  } catch {
    return "unknown";
  }
}

/** A heading a certificate, facts below it; then the verdict. */
export function chainLines({ certificates, verdict }: DescribedChain, nowMs: number, style: Style): string[] {
  const lines = certificates.flatMap((certificate, depth) => {
    const names = [...certificate.uris, ...certificate.dnsNames, ...certificate.ipAddresses].map(printable);
    return [
      `  ${depth}  ${style.strong(certificate.subject || names[0] || "(no name)")}${certificate.ca ? " (CA)" : ""}`,
      `     names    ${names.join(", ") || "none"}`,
      `     serial   ${certificate.serial}`,
      `     valid    ${certificate.notBefore} to ${certificate.notAfter} (${formatLeft(certificate.notBefore, certificate.notAfter, nowMs, style)})`,
      `     key      ${certificate.key}, for ${certificate.keyUsage.join(", ") || "any use"}`,
      `     issuer   ${certificate.issuer}`,
      style.dim(`     sha256   ${certificate.fingerprintSha256}`),
    ];
  });
  if (verdict === null) return [...lines, style.dim("  not judged: there is no mesh to ask for its roots")];
  return [...lines, verdict.ok ? `  ${style.good("√")} ${verdict.message}` : `  ${style.bad("×")} ${printable(verdict.message)}`];
}
