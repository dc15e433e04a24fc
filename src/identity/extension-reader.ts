import {
  Asn1Error,
  type Asn1,
  bytesOf,
  childrenOf,
  childrenOfContext,
  isContext,
  isUniversal,
  parseBitList,
  parseBoolean,
  parseDer,
  parseOid,
  primitiveBytes,
  TAG,
} from "./asn1.ts";
import { type AltNames, formatIp, GENERAL_NAME, KEY_USAGE_BITS, type KeyUsage } from "./extensions.ts";
import { OID } from "./oids.ts";

/** What a certificate or a request says in its extensions. Absent ones are null. */
export interface ReadExtensions {
  readonly altNames: (AltNames & { readonly critical: boolean /** Names of any other kind. */; readonly otherCount: number }) | null;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null; readonly critical: boolean } | null;
  readonly keyUsage: { readonly usages: readonly KeyUsage[]; readonly critical: boolean } | null;
  /** Object identifiers. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly subjectKeyId: Buffer | null;
  readonly authorityKeyId: Buffer | null;
  /** Object identifiers of extensions we do not read, with whether they may be passed over. */
  readonly others: readonly { readonly type: string; readonly critical: boolean }[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** `Extensions` of RFC 5280 4.1.2.9: a sequence, each type at most once. */
export function readExtensions(element: Asn1 | undefined): ReadExtensions {
  const others: { type: string; critical: boolean }[] = [];
  const result: Writable<ReadExtensions> = {
    altNames: null,
    basicConstraints: null,
    keyUsage: null,
    extendedKeyUsage: null,
    subjectKeyId: null,
    authorityKeyId: null,
    others,
  };
  const seen = new Set<string>();
  for (const item of childrenOf(element, TAG.SEQUENCE, "extensions")) {
    const { type, critical, value } = readExtension(item);
    if (seen.has(type)) throw new Asn1Error(`extension ${type} stands twice`);
    seen.add(type);
    if (type === OID.SUBJECT_ALT_NAME) result.altNames = { ...readAltNames(value), critical };
    else if (type === OID.BASIC_CONSTRAINTS) result.basicConstraints = { ...readBasicConstraints(value), critical };
    else if (type === OID.KEY_USAGE) result.keyUsage = { usages: readKeyUsage(value), critical };
    else if (type === OID.EXTENDED_KEY_USAGE) result.extendedKeyUsage = readExtendedKeyUsage(value);
    else if (type === OID.SUBJECT_KEY_IDENTIFIER) result.subjectKeyId = bytesOf(value, TAG.OCTET_STRING, "subject key identifier");
    else if (type === OID.AUTHORITY_KEY_IDENTIFIER) result.authorityKeyId = readAuthorityKeyId(value);
    else others.push({ type, critical });
  }
  return result;
}

function readExtension(item: Asn1): { type: string; critical: boolean; value: Asn1 } {
  const parts = childrenOf(item, TAG.SEQUENCE, "extension");
  if (parts.length < 2 || parts.length > 3) throw new Asn1Error("extension is malformed");
  const critical = parts.length === 3 && parseBoolean(parts[1], "critical flag");
  if (parts.length === 3 && !critical) throw new Asn1Error("critical flag is FALSE but present");
  const content = bytesOf(parts.at(-1), TAG.OCTET_STRING, "extension value");
  return { type: parseOid(parts[0], "extension type"), critical, value: parseDer(content) };
}

function readAltNames(value: Asn1): AltNames & { otherCount: number } {
  const names = { uris: [] as string[], dnsNames: [] as string[], ipAddresses: [] as string[], otherCount: 0 };
  for (const name of childrenOf(value, TAG.SEQUENCE, "subject alternative name")) {
    if (isContext(name, GENERAL_NAME.URI)) names.uris.push(ia5(name));
    else if (isContext(name, GENERAL_NAME.DNS)) names.dnsNames.push(ia5(name));
    else if (isContext(name, GENERAL_NAME.IP)) {
      const address = formatIp(primitiveBytes(name, "IP address name"));
      if (address === null) throw new Asn1Error("IP address name is malformed");
      names.ipAddresses.push(address);
    } else names.otherCount += 1;
  }
  return names;
}

/** IA5String is ASCII; a NUL in the middle has fooled readers before (CVE-2009-2408), so no control characters either. */
function ia5(name: Asn1): string {
  const text = primitiveBytes(name, "alternative name").toString("latin1");
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Asn1Error("alternative name holds something other than printable ASCII");
  return text;
}

function readBasicConstraints(value: Asn1): { ca: boolean; pathLength: number | null } {
  const parts = [...childrenOf(value, TAG.SEQUENCE, "basic constraints")];
  const ca = isUniversal(parts[0], TAG.BOOLEAN) ? parseBoolean(parts.shift(), "basic constraints") : false;
  const length = parts.shift();
  if (parts.length > 0) throw new Asn1Error("basic constraints is malformed");
  if (length === undefined) return { ca, pathLength: null };
  const bytes = bytesOf(length, TAG.INTEGER, "path length");
  const pathLength = bytes[0];
  if (bytes.length !== 1 || pathLength === undefined || pathLength > 127 || !ca) throw new Asn1Error("path length is malformed");
  return { ca, pathLength };
}

function readKeyUsage(value: Asn1): KeyUsage[] {
  const bytes = parseBitList(value, "key usage");
  return (Object.keys(KEY_USAGE_BITS) as KeyUsage[]).filter((usage) => {
    const bit = KEY_USAGE_BITS[usage];
    return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  });
}

function readExtendedKeyUsage(value: Asn1): string[] {
  return childrenOf(value, TAG.SEQUENCE, "extended key usage").map((item) => parseOid(item, "extended key usage"));
}

function readAuthorityKeyId(value: Asn1): Buffer | null {
  const keyId = childrenOf(value, TAG.SEQUENCE, "authority key identifier").find((part) => isContext(part, 0));
  return keyId === undefined ? null : primitiveBytes(keyId, "authority key identifier");
}

/** Extensions inside the `[3]` of a certificate; a certificate without any has all null. */
export function readExplicitExtensions(element: Asn1 | undefined): ReadExtensions {
  const [inner, ...more] = childrenOfContext(element, 3, "extensions");
  if (more.length > 0) throw new Asn1Error("extensions is malformed");
  return readExtensions(inner);
}

export const NO_EXTENSIONS: ReadExtensions = Object.freeze({
  altNames: null,
  basicConstraints: null,
  keyUsage: null,
  extendedKeyUsage: null,
  subjectKeyId: null,
  authorityKeyId: null,
  others: [],
});
