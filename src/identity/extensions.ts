/** X.509 v3 extensions: what our certificates carry, built as elements (RFC 5280 4.2.1). */
import { isIP } from "node:net";
import { type Asn1, bitString, boolean, encodeDer, implicit, octetString, oid, sequence, unsignedInteger } from "./asn1.ts";
import { OID } from "./oids.ts";

/** Subject alternative names by kind. */
export interface AltNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** Textual IPv4 or IPv6 addresses. */
  readonly ipAddresses: readonly string[];
}

/** Bits of KeyUsage by the number RFC 5280 4.2.1.3 gives them. */
export const KEY_USAGE_BITS = Object.freeze({
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
  encipherOnly: 7,
  decipherOnly: 8,
});
export type KeyUsage = keyof typeof KEY_USAGE_BITS;

/** Choice numbers of GeneralName (RFC 5280 4.2.1.6). */
export const GENERAL_NAME = Object.freeze({ DNS: 2, URI: 6, IP: 7 });

export function extension(type: string, critical: boolean, value: Asn1): Asn1 {
  const wrapped = octetString(encodeDer(value));
  // DER leaves out a DEFAULT value, and critical is FALSE by default.
  return critical ? sequence(oid(type), boolean(true), wrapped) : sequence(oid(type), wrapped);
}

export function altNamesExtension(names: AltNames, critical: boolean): Asn1 {
  return extension(
    OID.SUBJECT_ALT_NAME,
    critical,
    sequence(
      ...names.uris.map((uri) => implicit(GENERAL_NAME.URI, Buffer.from(uri, "latin1"))),
      ...names.dnsNames.map((name) => implicit(GENERAL_NAME.DNS, Buffer.from(name, "latin1"))),
      ...names.ipAddresses.map((address) => implicit(GENERAL_NAME.IP, encodeIp(address))),
    ),
  );
}

export function basicConstraintsExtension(ca: boolean, pathLength: number | null): Asn1 {
  const items: Asn1[] = [];
  if (ca) items.push(boolean(true));
  if (ca && pathLength !== null) items.push(unsignedInteger(Buffer.from([pathLength])));
  return extension(OID.BASIC_CONSTRAINTS, true, sequence(...items));
}

export function keyUsageExtension(usages: readonly KeyUsage[]): Asn1 {
  let highest = 0;
  const bytes = [0, 0];
  for (const usage of usages) {
    const bit = KEY_USAGE_BITS[usage];
    highest = Math.max(highest, bit);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  }
  // A named bit list ends at its last one bit (X.690 11.2.2).
  return extension(OID.KEY_USAGE, true, bitString(Buffer.from(bytes.slice(0, (highest >> 3) + 1)), 7 - (highest & 7)));
}

export function extendedKeyUsageExtension(usages: readonly string[]): Asn1 {
  return extension(OID.EXTENDED_KEY_USAGE, false, sequence(...usages.map(oid)));
}

export function subjectKeyIdExtension(keyId: Buffer): Asn1 {
  return extension(OID.SUBJECT_KEY_IDENTIFIER, false, octetString(keyId));
}

export function authorityKeyIdExtension(keyId: Buffer): Asn1 {
  return extension(OID.AUTHORITY_KEY_IDENTIFIER, false, sequence(implicit(0, keyId)));
}

/** 4 or 16 bytes in network order; `address` must be a valid textual address without zone. */
export function encodeIp(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const middle = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

/** 4 or 16 bytes → text; IPv6 without shortening (`0:0:0:0:0:0:0:1`); null for another length. */
export function formatIp(bytes: Buffer): string | null {
  if (bytes.length === 4) return [...bytes].join(".");
  if (bytes.length !== 16) return null;
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(":");
}
