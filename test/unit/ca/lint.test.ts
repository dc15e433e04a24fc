import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "../../../src/ca/contract.ts";
import { LintError, lintLeaf } from "../../../src/ca/lint.ts";
import { type CertificateTemplate, encodeTbs, newSerial } from "../../../src/identity/certificate.ts";
import { readCertificate } from "../../../src/identity/certificate-reader.ts";
import { publicKeyDer } from "../../../src/identity/keys.ts";
import { newCa, newKey, NOW, template, uris } from "../identity/pki.ts";

const HOUR = 3_600_000;
const issuer = newCa("issuer");
const order: Order = {
  serial: newSerial(),
  identity: "spiffe://cluster.local/ns/default/sa/web",
  publicKey: publicKeyDer(newKey()),
  ...uris("spiffe://cluster.local/ns/default/sa/web"),
  notBeforeMs: NOW,
  notAfterMs: NOW + HOUR,
};

function lint(changes: Partial<CertificateTemplate>, ordered: Order = order): void {
  const { serial, publicKey, altNames, notBeforeMs, notAfterMs } = order;
  const right = { serial, publicKey, altNames, notBeforeMs, notAfterMs, issuer: issuer.name, authorityKeyId: issuer.keyId };
  lintLeaf(encodeTbs(template({ ...right, ...changes })), ordered, readCertificate(issuer.der));
}

test("what was ordered passes", () => lint({}));

const mistakes: [title: string, changes: Partial<CertificateTemplate>][] = [
  ["another identity", uris("spiffe://cluster.local/ns/default/sa/api")],
  ["a name nobody ordered", { altNames: { ...order.altNames, dnsNames: ["localhost"] } }],
  ["a CA", { ca: { pathLength: null } }],
  ["a key that may sign certificates", { keyUsage: ["digitalSignature", "keyCertSign"] }],
  ["no digital signature", { keyUsage: ["keyAgreement"] }],
  ["half the purposes", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] }],
  ["another serial", { serial: newSerial() }],
  ["another begin", { notBeforeMs: NOW - HOUR }],
  ["another end", { notAfterMs: NOW + 2 * HOUR }],
  ["another issuer's name", { issuer: { commonName: "else" } }],
  ["another issuer's key", { authorityKeyId: Buffer.alloc(20) }],
  ["no issuer's key", { authorityKeyId: null }],
  ["another key", { publicKey: publicKeyDer(newKey()) }],
  ["a weak key", { publicKey: publicKeyDer(newKey("secp224r1")) }],
];
for (const [title, changes] of mistakes) {
  test(`never signed: ${title}`, () => assert.throws(() => lint(changes), LintError));
}

test("orders that are wrong themselves do not pass either", () => {
  const issuerKey = readCertificate(issuer.der).publicKey;
  assert.throws(() => lint({ publicKey: issuerKey }, { ...order, publicKey: issuerKey }), LintError);
  assert.throws(() => lint({ serial: "05" }, { ...order, serial: "05" }), LintError);
  const beyond = readCertificate(issuer.der).notAfterMs + 1000;
  assert.throws(() => lint({ notAfterMs: beyond }, { ...order, notAfterMs: beyond }), LintError);
});
