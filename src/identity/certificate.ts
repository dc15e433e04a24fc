/** Certificates as values: a template becomes a TBSCertificate, that becomes a signed certificate (RFC 5280 4.1). */
import type { KeyObject } from "node:crypto";
import { secureBytes } from "../lib/secure-random.ts";
import { type Asn1, bitString, encodeDer, explicit, oid, parseDer, sequence, unsignedInteger } from "./asn1.ts";
import {
  type AltNames,
  altNamesExtension,
  authorityKeyIdExtension,
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  type KeyUsage,
  keyUsageExtension,
  subjectKeyIdExtension,
} from "./extensions.ts";
import { keyIdOf, signEcdsa } from "./keys.ts";
import { type DistinguishedName, encodeName } from "./name.ts";
import { OID } from "./oids.ts";
import { encodeTime } from "./time.ts";

/** Everything a certificate says but its signature. */
export interface CertificateTemplate {
  /** Lower-case hex. */
  readonly serial: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Unix milliseconds; certificates hold whole seconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly altNames: AltNames;
  /** Null: not a CA. */
  readonly ca: { readonly pathLength: number | null } | null;
  readonly keyUsage: readonly KeyUsage[];
  /** Object identifiers; empty: the extension is left out. */
  readonly extendedKeyUsage: readonly string[];
  /** Subject key identifier of the issuer; null for a root. */
  readonly authorityKeyId: Buffer | null;
}

/**
 * A serial nobody can guess or meet twice: 127 random bits, first byte never zero, so that every
 * reader prints the same 32 hex digits (RFC 5280 4.1.2.2 allows 20 octets).
 */
export function newSerial(): string {
  for (;;) {
    const bytes = secureBytes(16);
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    if (bytes[0] !== 0) return bytes.toString("hex");
  }
}

/** The bytes that get signed. */
export function encodeTbs(template: CertificateTemplate): Buffer {
  return encodeDer(
    sequence(
      explicit(0, unsignedInteger(Buffer.from([2]))),
      unsignedInteger(Buffer.from(template.serial, "hex")),
      signatureAlgorithm(),
      encodeName(template.issuer),
      sequence(encodeTime(template.notBeforeMs), encodeTime(template.notAfterMs)),
      encodeName(template.subject),
      parseDer(template.publicKey),
      explicit(3, sequence(...extensionsOf(template))),
    ),
  );
}

function extensionsOf(template: CertificateTemplate): Asn1[] {
  const { altNames, authorityKeyId, extendedKeyUsage } = template;
  // With an empty subject the alternative names are the subject, and so critical (RFC 5280 4.2.1.6).
  const emptySubject = template.subject.commonName === undefined && template.subject.organization === undefined;
  const extensions = [
    basicConstraintsExtension(template.ca !== null, template.ca?.pathLength ?? null),
    keyUsageExtension(template.keyUsage),
  ];
  if (extendedKeyUsage.length > 0) extensions.push(extendedKeyUsageExtension(extendedKeyUsage));
  extensions.push(subjectKeyIdExtension(keyIdOf(template.publicKey)));
  if (authorityKeyId !== null) extensions.push(authorityKeyIdExtension(authorityKeyId));
  if (altNames.uris.length + altNames.dnsNames.length + altNames.ipAddresses.length > 0) {
    extensions.push(altNamesExtension(altNames, emptySubject));
  }
  return extensions;
}

/** Signs with the issuer's P-256 key; returns the whole certificate, DER. */
export function signTbs(tbs: Buffer, issuerKey: KeyObject): Buffer {
  return encodeDer(sequence(parseDer(tbs), signatureAlgorithm(), bitString(signEcdsa(tbs, issuerKey))));
}

/** AlgorithmIdentifier of ecdsa-with-SHA256: no parameters (RFC 5758 3.2). */
export function signatureAlgorithm(): Asn1 {
  return sequence(oid(OID.ECDSA_SHA256));
}
