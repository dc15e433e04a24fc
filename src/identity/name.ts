/** Distinguished names (RFC 5280 4.1.2.4), as far as a mesh needs them: organisation and common name. */
import { type Asn1, childrenOf, encodeDer, oid, parseOid, primitiveBytes, sequence, set, TAG, utf8String } from "./asn1.ts";
import { OID } from "./oids.ts";

export interface DistinguishedName {
  readonly organization?: string;
  readonly commonName?: string;
}

const SHORT: Readonly<Record<string, string>> = {
  [OID.COMMON_NAME]: "CN",
  [OID.COUNTRY]: "C",
  [OID.LOCALITY]: "L",
  [OID.STATE]: "ST",
  [OID.ORGANIZATION]: "O",
  [OID.ORGANIZATIONAL_UNIT]: "OU",
  [OID.SERIAL_NUMBER]: "serialNumber",
};

/** Without fields: the empty name, which a leaf has whose names all stand in its SAN. */
export function encodeName(name: DistinguishedName): Asn1 {
  const parts: Asn1[] = [];
  if (name.organization !== undefined) parts.push(set(sequence(oid(OID.ORGANIZATION), utf8String(name.organization))));
  if (name.commonName !== undefined) parts.push(set(sequence(oid(OID.COMMON_NAME), utf8String(name.commonName))));
  return sequence(...parts);
}

/** `der` is what names are compared by; `text` is for people (`O=meshctl, CN=…`), empty for the empty name. */
export interface ReadName {
  readonly der: Buffer;
  readonly text: string;
}

export function readName(element: Asn1 | undefined, what: string): ReadName {
  const parts: string[] = [];
  for (const relative of childrenOf(element, TAG.SEQUENCE, what)) {
    for (const attribute of childrenOf(relative, TAG.SET, what)) {
      const [type, value] = childrenOf(attribute, TAG.SEQUENCE, what);
      const dotted = parseOid(type, what);
      const text = value === undefined || typeof value.value !== "string" ? "?" : primitiveBytes(value, what).toString("utf8");
      parts.push(`${SHORT[dotted] ?? dotted}=${printable(text)}`);
    }
  }
  return { der: encodeDer(element as Asn1), text: parts.join(", ") };
}

/** Names come from strangers' certificates and go to terminals and logs. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
}
