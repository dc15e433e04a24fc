import { Asn1Error, type Asn1, bytesOf, childrenOf, encodeDer, isContext, parseBitString, parseDer, parseOid, TAG } from "./asn1.ts";
import { NO_EXTENSIONS, type ReadExtensions, readExplicitExtensions } from "./extension-reader.ts";
import { type ReadName, readName } from "./name.ts";
import { parseTime } from "./time.ts";

/** What a TBSCertificate says. */
export interface TbsFacts {
  /** Lower-case hex, whole bytes, without leading zero bytes. */
  readonly serial: string;
  /** Object identifier. */
  readonly signatureAlgorithm: string;
  readonly issuer: ReadName;
  readonly subject: ReadName;
  /** Unix milliseconds. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly extensions: ReadExtensions;
}

export interface CertificateFacts extends TbsFacts {
  readonly der: Buffer;
  readonly tbs: Buffer;
}

/** Throws {@link Asn1Error} for what is not one X.509 v3 certificate in DER of at most 64 KiB. Judges nothing. */
export function readCertificate(der: Buffer): CertificateFacts {
  const parts = childrenOf(parseDer(der), TAG.SEQUENCE, "certificate");
  const [tbsElement, algorithm, signature] = parts;
  if (parts.length !== 3 || tbsElement === undefined) throw new Asn1Error("certificate is malformed");
  parseBitString(signature, "signature");
  const facts = tbsFacts(tbsElement);
  // RFC 5280 4.1.1.2: both places name the same algorithm.
  const [outer] = childrenOf(algorithm, TAG.SEQUENCE, "signature algorithm");
  if (parseOid(outer, "signature algorithm") !== facts.signatureAlgorithm) throw new Asn1Error("the two signature algorithms differ");
  return { ...facts, der, tbs: encodeDer(tbsElement) };
}

/** The same for the part that gets signed; what a linter looks at before there is a signature. */
export function readTbs(tbs: Buffer): TbsFacts {
  return tbsFacts(parseDer(tbs));
}

function tbsFacts(element: Asn1): TbsFacts {
  const fields = [...childrenOf(element, TAG.SEQUENCE, "certificate body")];
  readVersion(fields.shift());
  const serial = readSerial(fields.shift());
  const [algorithm] = childrenOf(fields.shift(), TAG.SEQUENCE, "signature algorithm");
  const issuer = readName(fields.shift(), "issuer");
  const [notBefore, notAfter] = childrenOf(fields.shift(), TAG.SEQUENCE, "validity");
  const subject = readName(fields.shift(), "subject");
  const key = fields.shift();
  childrenOf(key, TAG.SEQUENCE, "public key");
  // issuerUniqueID [1] and subjectUniqueID [2] are forbidden to conforming CAs (RFC 5280 4.1.2.8).
  if (fields.length > 1) throw new Asn1Error("certificate body is malformed");
  return {
    serial,
    signatureAlgorithm: parseOid(algorithm, "signature algorithm"),
    issuer,
    subject,
    notBeforeMs: parseTime(notBefore, "start of validity"),
    notAfterMs: parseTime(notAfter, "end of validity"),
    publicKey: encodeDer(key as Asn1),
    extensions: fields.length === 0 ? NO_EXTENSIONS : readExplicitExtensions(fields[0]),
  };
}

function readVersion(element: Asn1 | undefined): void {
  const inner = isContext(element, 0) && typeof element.value !== "string" ? element.value[0] : undefined;
  const version = bytesOf(inner, TAG.INTEGER, "version (X.509 v3)");
  if (version.length !== 1 || version[0] !== 2) throw new Asn1Error("version is not X.509 v3");
}

function readSerial(element: Asn1 | undefined): string {
  const bytes = bytesOf(element, TAG.INTEGER, "serial number");
  if (bytes.length === 0 || bytes.length > 21 || (bytes[0] ?? 0) >= 0x80) throw new Asn1Error("serial number is malformed");
  const start = bytes[0] === 0 && bytes.length > 1 ? 1 : 0;
  return bytes.subarray(start).toString("hex");
}
