/**
 * Looks at the very bytes that are about to be signed, as a stranger would: the last gate against a
 * mistake of our own. Each rule cites what it enforces.
 */
import { type CertificateFacts, readTbs, type TbsFacts } from "../identity/certificate-reader.ts";
import { OID } from "../identity/oids.ts";
import { readP256Key } from "../identity/keys.ts";
import { leafIdentity } from "../identity/svid-rules.ts";
import type { Order } from "./contract.ts";

/** We were about to sign something we must not. A mistake of ours, so it is thrown; the message is for the audit log. */
export class LintError extends Error {
  override readonly name = "LintError";
}

interface Rule {
  readonly source: string;
  readonly says: string;
  holds(tbs: TbsFacts, order: Order, issuer: CertificateFacts): boolean;
}

const RULES: readonly Rule[] = Object.freeze([
  {
    source: "X509-SVID sections 2 to 4",
    says: "it is the leaf of exactly the ordered identity",
    holds(tbs, order) {
      const identity = leafIdentity(tbs);
      return !("code" in identity) && identity.text === order.identity;
    },
  },
  {
    source: "RFC 5280 4.2.1.6",
    says: "its names are the ordered ones, critical because the subject is empty",
    holds({ extensions: { altNames }, subject }, order) {
      if (altNames === null || altNames.otherCount > 0 || (subject.text === "" && !altNames.critical)) return false;
      const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((name, index) => name === b[index]);
      return (
        same(altNames.uris, order.altNames.uris) &&
        same(altNames.dnsNames, order.altNames.dnsNames) &&
        altNames.ipAddresses.length === order.altNames.ipAddresses.length
      );
    },
  },
  {
    source: "RFC 5280 4.1.2.2",
    says: "its serial is positive, at most 20 octets, and has at least 64 bits",
    holds: ({ serial }, order) => serial === order.serial && serial.length >= 16 && serial.length <= 40,
  },
  {
    source: "RFC 5280 4.1.2.5 and 6.1",
    says: "its life is the ordered one and within its issuer's",
    holds: (tbs, order, issuer) =>
      tbs.notBeforeMs === seconds(order.notBeforeMs) &&
      tbs.notAfterMs === seconds(order.notAfterMs) &&
      tbs.notBeforeMs < tbs.notAfterMs &&
      tbs.notAfterMs <= issuer.notAfterMs,
  },
  {
    source: "RFC 5280 4.1.2.4 and 4.2.1.1",
    says: "it names its issuer by name and by key",
    holds: (tbs, _, issuer) =>
      tbs.issuer.der.equals(issuer.subject.der) &&
      issuer.extensions.subjectKeyId !== null &&
      tbs.extensions.authorityKeyId?.equals(issuer.extensions.subjectKeyId) === true,
  },
  {
    source: "RFC 5758 3.2",
    says: "it is signed with ECDSA and SHA-256",
    holds: (tbs) => tbs.signatureAlgorithm === OID.ECDSA_SHA256,
  },
  {
    source: "RFC 5480 2.1",
    says: "its key is the ordered one, on P-256, and not its issuer's",
    holds: (tbs, order, issuer) =>
      tbs.publicKey.equals(order.publicKey) && readP256Key(tbs.publicKey) !== null && !tbs.publicKey.equals(issuer.publicKey),
  },
]);

/** Throws {@link LintError}. `tbs` is DER. */
export function lintLeaf(tbs: Buffer, order: Order, issuer: CertificateFacts): void {
  const facts = readTbs(tbs);
  const broken = RULES.find((rule) => !rule.holds(facts, order, issuer));
  if (broken !== undefined) throw new LintError(`the certificate breaks a rule: ${broken.says} (${broken.source})`);
}

function seconds(unixMs: number): number {
  return Math.floor(unixMs / 1000) * 1000;
}
