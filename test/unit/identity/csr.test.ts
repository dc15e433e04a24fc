import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { bitString, encodeDer, explicit, oid, parseDer, sequence, set, unsignedInteger } from "../../../src/identity/asn1.ts";
import { createCsr, parseCsr } from "../../../src/identity/csr.ts";
import { altNamesExtension } from "../../../src/identity/extensions.ts";
import { publicKeyDer } from "../../../src/identity/keys.ts";
import { encodeName } from "../../../src/identity/name.ts";
import { OID } from "../../../src/identity/oids.ts";
import { formatPem, parsePem } from "../../../src/identity/pem.ts";
import { newKey } from "./pki.ts";

const WEB = "spiffe://cluster.local/ns/default/sa/web";

function refusal(pem: string): string {
  const parsed = parseCsr(pem);
  return parsed.ok ? "accepted" : parsed.code;
}

test("what createCsr asks for, parseCsr reads", () => {
  const key = newKey();
  const parsed = parseCsr(createCsr(key, WEB));
  assert.equal(parsed.ok, true, parsed.ok ? "" : parsed.message);
  if (!parsed.ok) return;
  assert.deepEqual(parsed.csr.publicKey, publicKeyDer(key));
  assert.deepEqual(parsed.csr.extensions.altNames?.uris, [WEB]);
});

test("a request whose signature is another key's is refused", () => {
  const [der] = parsePem(createCsr(newKey(), WEB), "CERTIFICATE REQUEST");
  const [body, algorithm] = parseDer(der ?? Buffer.alloc(0)).value as ReturnType<typeof parseDer>[];
  if (body === undefined || algorithm === undefined) assert.fail();
  const forged = sequence(body, algorithm, bitString(sign("sha256", encodeDer(body), newKey())));
  assert.equal(refusal(formatPem("CERTIFICATE REQUEST", encodeDer(forged))), "csr-signature");
  const nonsense = sequence(body, algorithm, bitString(Buffer.from("nonsense")));
  assert.equal(refusal(formatPem("CERTIFICATE REQUEST", encodeDer(nonsense))), "csr-signature");
});

test("every changed byte of a request is noticed", () => {
  const [der] = parsePem(createCsr(newKey(), WEB), "CERTIFICATE REQUEST");
  assert.ok(der);
  for (let at = 0; at < der.length; at += 1) {
    const changed = Buffer.from(der);
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    assert.notEqual(refusal(formatPem("CERTIFICATE REQUEST", changed)), "accepted", `byte ${at}`);
  }
});

test("keys other than P-256 are refused", () => {
  const request = (publicKey: Buffer, signer = newKey()) => {
    const body = sequence(unsignedInteger(Buffer.from([0])), encodeName({}), parseDer(publicKey), explicit(0));
    const signed = sequence(body, sequence(oid(OID.ECDSA_SHA256)), bitString(sign("sha256", encodeDer(body), signer)));
    return formatPem("CERTIFICATE REQUEST", encodeDer(signed));
  };
  for (const curve of ["secp224r1", "P-384", "secp256k1"]) {
    const key = newKey(curve);
    assert.equal(refusal(request(publicKeyDer(key), key)), "csr-weak-key", curve);
  }
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
  assert.equal(refusal(request(publicKeyDer(rsa.privateKey), rsa.privateKey)), "csr-weak-key");
  const ed = generateKeyPairSync("ed25519");
  assert.equal(refusal(request(publicKeyDer(ed.privateKey))), "csr-weak-key");
});

test("a point that is not on the curve, and a compressed one, are refused", () => {
  const spki = publicKeyDer(newKey());
  const off = Buffer.from(spki);
  off[off.length - 1] = (off.at(-1) ?? 0) ^ 0xff;
  const algorithm = sequence(oid(OID.EC_PUBLIC_KEY), oid(OID.P256));
  const compressed = encodeDer(sequence(algorithm, bitString(Buffer.concat([Buffer.from([2]), spki.subarray(-64, -32)]))));
  for (const key of [off, compressed]) {
    const body = sequence(unsignedInteger(Buffer.from([0])), encodeName({}), parseDer(key), explicit(0));
    const der = encodeDer(sequence(body, sequence(oid(OID.ECDSA_SHA256)), bitString(Buffer.alloc(70))));
    assert.equal(refusal(formatPem("CERTIFICATE REQUEST", der)), "csr-weak-key");
  }
});

test("an unknown attribute or a second extension request is refused", () => {
  const key = newKey();
  const ask = sequence(oid(OID.EXTENSION_REQUEST), set(sequence(altNamesExtension({ uris: [WEB], dnsNames: [], ipAddresses: [] }, true))));
  const strange = sequence(oid("1.3.6.1.4.1.311.2.1.14"), set(sequence()));
  for (const attributes of [
    [ask, ask],
    [ask, strange],
  ]) {
    const body = sequence(unsignedInteger(Buffer.from([0])), encodeName({}), parseDer(publicKeyDer(key)), explicit(0, ...attributes));
    const der = encodeDer(sequence(body, sequence(oid(OID.ECDSA_SHA256)), bitString(sign("sha256", encodeDer(body), key))));
    assert.equal(refusal(formatPem("CERTIFICATE REQUEST", der)), "csr-malformed");
  }
});

test("garbage and oversize are refused with words, not thrown", () => {
  const good = createCsr(newKey(), WEB);
  const cases: [pem: string, code: string][] = [
    ["", "csr-malformed"],
    ["hello", "csr-malformed"],
    [good + good, "csr-malformed"],
    [good.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"), "csr-malformed"],
    [formatPem("CERTIFICATE REQUEST", Buffer.from("30820000", "hex")), "csr-malformed"],
    [formatPem("CERTIFICATE REQUEST", Buffer.alloc(4000, 0x30)), "csr-malformed"],
    [formatPem("CERTIFICATE REQUEST", Buffer.alloc(60_000, 0x30)), "csr-too-large"],
    [`${good}${"x".repeat(65_536)}`, "csr-too-large"],
    ["-----BEGIN CERTIFICATE REQUEST-----\n".repeat(1500), "csr-malformed"],
  ];
  for (const [pem, code] of cases) assert.equal(refusal(pem), code, pem.slice(0, 50));
});
