/** Certificate requests, PKCS#10 (RFC 2986): built by whoever holds the private key, read by the CA. */
import { type KeyObject, verify } from "node:crypto";
import {
  Asn1Error,
  type Asn1,
  bitString,
  bytesOf,
  childrenOf,
  childrenOfContext,
  encodeDer,
  explicit,
  MAX_DER_BYTES,
  oid,
  parseBitString,
  parseDer,
  parseOid,
  sequence,
  set,
  TAG,
  unsignedInteger,
} from "./asn1.ts";
import { signatureAlgorithm } from "./certificate.ts";
import { NO_EXTENSIONS, type ReadExtensions, readExtensions } from "./extension-reader.ts";
import { altNamesExtension } from "./extensions.ts";
import { publicKeyDer, readP256Key, signEcdsa } from "./keys.ts";
import { encodeName } from "./name.ts";
import { OID } from "./oids.ts";
import { formatPem, parsePem } from "./pem.ts";

/** Asks for one SPIFFE id and nothing else; PEM. */
export function createCsr(privateKey: KeyObject, spiffeId: string): string {
  const extensions = sequence(altNamesExtension({ uris: [spiffeId], dnsNames: [], ipAddresses: [] }, true));
  const attribute = sequence(oid(OID.EXTENSION_REQUEST), set(extensions));
  const body = sequence(unsignedInteger(Buffer.from([0])), encodeName({}), parseDer(publicKeyDer(privateKey)), explicit(0, attribute));
  const signature = bitString(signEcdsa(encodeDer(body), privateKey));
  return formatPem("CERTIFICATE REQUEST", encodeDer(sequence(body, signatureAlgorithm(), signature)));
}

/** A request whose signature proves possession of the key. What it asks for is not judged yet. */
export interface Csr {
  /** SubjectPublicKeyInfo, DER; a P-256 key. */
  readonly publicKey: Buffer;
  readonly extensions: ReadExtensions;
}

export type CsrProblem = "csr-too-large" | "csr-malformed" | "csr-weak-key" | "csr-signature";
export type ParsedCsr =
  | { readonly ok: true; readonly csr: Csr }
  | { readonly ok: false; readonly code: CsrProblem; readonly message: string };

const HASH_OF: Readonly<Record<string, string>> = {
  [OID.ECDSA_SHA256]: "sha256",
  [OID.ECDSA_SHA384]: "sha384",
  [OID.ECDSA_SHA512]: "sha512",
};

/** Reads one request from PEM and checks its signature. */
export function parseCsr(pem: string): ParsedCsr {
  if (pem.length > MAX_DER_BYTES) return refused("csr-too-large", `the request is over ${MAX_DER_BYTES} bytes`);
  // OpenSSL before 1.0 wrote the longer label (RFC 7468 section 7).
  const blocks = [...parsePem(pem, "CERTIFICATE REQUEST"), ...parsePem(pem, "NEW CERTIFICATE REQUEST")];
  const [der] = blocks;
  if (der === undefined || blocks.length > 1) return refused("csr-malformed", "expected exactly one PEM block CERTIFICATE REQUEST");
  try {
    return readRequest(der);
  } catch (error) {
    if (error instanceof Asn1Error) return refused("csr-malformed", `the request cannot be read: ${error.message}`);
    throw error;
  }
}

function readRequest(der: Buffer): ParsedCsr {
  const parts = childrenOf(parseDer(der), TAG.SEQUENCE, "request");
  const [body, algorithm, signature] = parts;
  if (parts.length !== 3 || body === undefined) throw new Asn1Error("request is malformed");
  const [version, subject, key, attributes, ...more] = childrenOf(body, TAG.SEQUENCE, "request body");
  if (bytesOf(version, TAG.INTEGER, "version").toString("hex") !== "00") throw new Asn1Error("version is not 0");
  childrenOf(subject, TAG.SEQUENCE, "subject");
  if (key === undefined || more.length > 0) throw new Asn1Error("request body is malformed");
  const publicKey = encodeDer(key);
  const keyObject = readP256Key(publicKey);
  if (keyObject === null) return refused("csr-weak-key", "the key is not ECDSA on P-256 (named curve, uncompressed point)");
  const [algorithmOid] = childrenOf(algorithm, TAG.SEQUENCE, "signature algorithm");
  const hash = HASH_OF[parseOid(algorithmOid, "signature algorithm")];
  if (hash === undefined) return refused("csr-signature", "the request is not signed with ECDSA and SHA-256, SHA-384 or SHA-512");
  const signatureBytes = parseBitString(signature, "signature");
  if (!verify(hash, encodeDer(body), { key: keyObject, dsaEncoding: "der" }, signatureBytes)) {
    return refused("csr-signature", "the signature does not fit the key in the request");
  }
  return { ok: true, csr: { publicKey, extensions: requestedExtensions(attributes) } };
}

function requestedExtensions(attributes: Asn1 | undefined): ReadExtensions {
  let found: ReadExtensions | null = null;
  for (const attribute of attributes === undefined ? [] : childrenOfContext(attributes, 0, "attributes")) {
    const [type, values] = childrenOf(attribute, TAG.SEQUENCE, "attribute");
    const dotted = parseOid(type, "attribute type");
    // Words for a human registrar (RFC 2985 5.4): we have none, they change nothing.
    if (dotted === OID.CHALLENGE_PASSWORD || dotted === OID.UNSTRUCTURED_NAME) continue;
    if (dotted !== OID.EXTENSION_REQUEST) throw new Asn1Error(`attribute ${dotted} is unknown`);
    const [extensions, ...more] = childrenOf(values, TAG.SET, "extension request");
    if (found !== null || more.length > 0) throw new Asn1Error("extension request stands twice");
    found = readExtensions(extensions);
  }
  return found ?? NO_EXTENSIONS;
}

function refused(code: CsrProblem, message: string): ParsedCsr {
  return { ok: false, code, message };
}
