/**
 * DER through node-forge's ASN.1 builder and reader, the only part of node-forge this project uses
 * (its RSA and signature checks have repeated advisories; keys and signatures are node:crypto's).
 */
import forge from "node-forge/lib/asn1.js";

/** One ASN.1 element. Primitive ones hold bytes as a binary (latin1) string, constructed ones hold elements. */
export interface Asn1 {
  readonly tagClass: number;
  readonly type: number;
  readonly constructed: boolean;
  readonly value: string | readonly Asn1[];
}

/** Nothing we read (certificates, requests) has reason to be larger. */
export const MAX_DER_BYTES = 64 * 1024;
/** X.509 nests about 10 deep; a bomb nests for ever. */
const MAX_DEPTH = 32;

/** Bytes that are not the DER they claim to be. The message says what was expected, never what else is in the input. */
export class Asn1Error extends Error {
  override readonly name = "Asn1Error";
}

const { UNIVERSAL, CONTEXT_SPECIFIC } = forge.Class;

/** ASN.1 type numbers of the universal class. */
export const TAG = Object.freeze({
  BOOLEAN: 1,
  INTEGER: 2,
  BIT_STRING: 3,
  OCTET_STRING: 4,
  NULL: 5,
  OID: 6,
  UTF8_STRING: 12,
  SEQUENCE: 16,
  SET: 17,
  PRINTABLE_STRING: 19,
  IA5_STRING: 22,
  UTC_TIME: 23,
  GENERALIZED_TIME: 24,
});

/**
 * Reads exactly one element that fills `der`. Anything but DER is refused: what we read must be what
 * OpenSSL reads in the same bytes, so lengths and integers have to be in their one canonical form.
 */
export function parseDer(der: Buffer): Asn1 {
  if (der.length > MAX_DER_BYTES) throw new Asn1Error(`more than ${MAX_DER_BYTES} bytes`);
  const bytes = der.toString("latin1");
  let element: Asn1;
  let again: string;
  try {
    element = forge.fromDer(bytes, { strict: true, parseAllBytes: true, decodeBitStrings: false, maxDepth: MAX_DEPTH });
    again = forge.toDer(element).getBytes();
  } catch {
    throw new Asn1Error("not ASN.1 in DER");
  }
  if (again !== bytes) throw new Asn1Error("ASN.1, but not in DER");
  return element;
}

/** The element's bytes with tag and length. */
export function encodeDer(element: Asn1): Buffer {
  return Buffer.from(forge.toDer(element).getBytes(), "latin1");
}

const { create } = forge;

export function sequence(...items: readonly Asn1[]): Asn1 {
  return create(UNIVERSAL, TAG.SEQUENCE, true, [...items]);
}

export function set(...items: readonly Asn1[]): Asn1 {
  return create(UNIVERSAL, TAG.SET, true, [...items]);
}

/** Explicit tag `[number]` around elements. */
export function explicit(number: number, ...items: readonly Asn1[]): Asn1 {
  return create(CONTEXT_SPECIFIC, number, true, [...items]);
}

/** Implicit primitive tag `[number]`. */
export function implicit(number: number, bytes: Buffer): Asn1 {
  return create(CONTEXT_SPECIFIC, number, false, bytes.toString("latin1"));
}

export function boolean(value: boolean): Asn1 {
  return create(UNIVERSAL, TAG.BOOLEAN, false, value ? "\xff" : "\x00");
}

/** From an unsigned big-endian number. */
export function unsignedInteger(magnitude: Buffer): Asn1 {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  const rest = magnitude.subarray(start).toString("latin1");
  return create(UNIVERSAL, TAG.INTEGER, false, rest.charCodeAt(0) >= 0x80 ? `\x00${rest}` : rest);
}

export function oid(dotted: string): Asn1 {
  return create(UNIVERSAL, TAG.OID, false, forge.oidToDer(dotted).getBytes());
}

export function octetString(bytes: Buffer): Asn1 {
  return create(UNIVERSAL, TAG.OCTET_STRING, false, bytes.toString("latin1"));
}

/** `unusedBits`: how many low bits of the last byte do not count. */
export function bitString(bytes: Buffer, unusedBits = 0): Asn1 {
  return create(UNIVERSAL, TAG.BIT_STRING, false, String.fromCharCode(unusedBits) + bytes.toString("latin1"));
}

export function utf8String(text: string): Asn1 {
  return create(UNIVERSAL, TAG.UTF8_STRING, false, Buffer.from(text, "utf8").toString("latin1"));
}

/** `type` is {@link TAG}.UTC_TIME or GENERALIZED_TIME. */
export function timeString(type: number, text: string): Asn1 {
  return create(UNIVERSAL, type, false, text);
}

export function isUniversal(element: Asn1 | undefined, type: number): element is Asn1 {
  return element !== undefined && element.tagClass === UNIVERSAL && element.type === type;
}

export function isContext(element: Asn1 | undefined, number: number): element is Asn1 {
  return element !== undefined && element.tagClass === CONTEXT_SPECIFIC && element.type === number;
}

/** Children of a constructed element of this universal type; `what` names it in the error. */
export function childrenOf(element: Asn1 | undefined, type: number, what: string): readonly Asn1[] {
  if (!isUniversal(element, type) || typeof element.value === "string") throw new Asn1Error(`${what} is missing or malformed`);
  return element.value;
}

/** Children of an explicit tag. */
export function childrenOfContext(element: Asn1 | undefined, number: number, what: string): readonly Asn1[] {
  if (!isContext(element, number) || typeof element.value === "string") throw new Asn1Error(`${what} is missing or malformed`);
  return element.value;
}

/** Content bytes of a primitive element of this universal type. */
export function bytesOf(element: Asn1 | undefined, type: number, what: string): Buffer {
  if (!isUniversal(element, type) || typeof element.value !== "string") throw new Asn1Error(`${what} is missing or malformed`);
  return Buffer.from(element.value, "latin1");
}

/** Content bytes of a primitive element whatever its tag. */
export function primitiveBytes(element: Asn1, what: string): Buffer {
  if (typeof element.value !== "string") throw new Asn1Error(`${what} is malformed`);
  return Buffer.from(element.value, "latin1");
}

export function parseOid(element: Asn1 | undefined, what: string): string {
  const bytes = bytesOf(element, TAG.OID, what);
  // The last byte of every arc has its top bit clear (X.690 8.19.2); an unfinished arc would be dropped silently.
  if (bytes.length === 0 || (bytes[bytes.length - 1] ?? 0x80) >= 0x80) throw new Asn1Error(`${what} is malformed`);
  try {
    return forge.derToOid(bytes.toString("latin1"));
  } catch {
    throw new Asn1Error(`${what} is malformed`);
  }
}

export function parseBoolean(element: Asn1 | undefined, what: string): boolean {
  const bytes = bytesOf(element, TAG.BOOLEAN, what);
  // DER knows one spelling of each (X.690 11.1).
  if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) throw new Asn1Error(`${what} is malformed`);
  return bytes[0] === 0xff;
}

/** Bytes of a BIT STRING that is a list of flags; bits that do not count are zero (X.690 11.2.1). */
export function parseBitList(element: Asn1 | undefined, what: string): Buffer {
  const content = bytesOf(element, TAG.BIT_STRING, what);
  const unusedBits = content[0] ?? 8;
  const last = content.length > 1 ? (content.at(-1) ?? 0) : 0;
  if (unusedBits > 7 || (content.length === 1 && unusedBits !== 0) || (last & ((1 << unusedBits) - 1)) !== 0) {
    throw new Asn1Error(`${what} is malformed`);
  }
  return content.subarray(1);
}

/** Bytes of a BIT STRING that holds whole bytes: a key, a signature. */
export function parseBitString(element: Asn1 | undefined, what: string): Buffer {
  const content = bytesOf(element, TAG.BIT_STRING, what);
  if (content[0] !== 0) throw new Asn1Error(`${what} is malformed`);
  return content.subarray(1);
}
