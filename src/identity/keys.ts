/** Keys of the mesh: ECDSA on P-256, made and used by node:crypto. */
import { createHash, createPublicKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { bytesOf, childrenOf, encodeDer, isUniversal, parseBitString, parseDer, parseOid, TAG } from "./asn1.ts";
import { OID } from "./oids.ts";

const generate = promisify(generateKeyPair);

export async function generatePrivateKey(): Promise<KeyObject> {
  const pair = await generate("ec", { namedCurve: "P-256" });
  return pair.privateKey;
}

/** PKCS#8, PEM. */
export function formatPrivateKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** SubjectPublicKeyInfo of a private or public key. */
export function publicKeyDer(key: KeyObject): Buffer {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" });
}

/** ECDSA with SHA-256, in the DER form certificates hold. */
export function signEcdsa(bytes: Buffer, key: KeyObject): Buffer {
  return sign("sha256", bytes, { key, dsaEncoding: "der" });
}

/** RFC 7093 section 2, method 1: the first 160 bits of SHA-256 over the key's bits. */
export function keyIdOf(spkiDer: Buffer): Buffer {
  const [, bits] = childrenOf(parseDer(spkiDer), TAG.SEQUENCE, "public key");
  return createHash("sha256").update(parseBitString(bits, "public key")).digest().subarray(0, 20);
}

/**
 * The key in the only form we certify, or null: id-ecPublicKey on the named curve P-256 with an uncompressed
 * point that lies on the curve. Explicit curve parameters and compressed points have been ways to smuggle in weak keys.
 */
export function readP256Key(spkiDer: Buffer): KeyObject | null {
  try {
    const [algorithm, bits] = childrenOf(parseDer(spkiDer), TAG.SEQUENCE, "public key");
    const [type, curve] = childrenOf(algorithm, TAG.SEQUENCE, "key algorithm");
    if (parseOid(type, "key algorithm") !== OID.EC_PUBLIC_KEY || !isUniversal(curve, TAG.OID)) return null;
    if (parseOid(curve, "curve") !== OID.P256 || bytesOf(bits, TAG.BIT_STRING, "public key").length !== 66) return null;
    const point = parseBitString(bits, "public key");
    if (point.length !== 65 || point[0] !== 4) return null;
    const key = createPublicKey({ key: spkiDer, format: "der", type: "spki" });
    // What OpenSSL understood must be what it writes back.
    return key.export({ type: "spki", format: "der" }).equals(encodeDer(parseDer(spkiDer))) ? key : null;
  } catch {
    return null;
  }
}
