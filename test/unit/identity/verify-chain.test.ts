import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { CertificateTemplate } from "../../../src/identity/certificate.ts";
import { PeerVerifier } from "../../../src/identity/peer-verifier.ts";
import { OID } from "../../../src/identity/oids.ts";
import { publicKeyDer } from "../../../src/identity/keys.ts";
import type { PeerProblem } from "../../../src/identity/svid-rules.ts";
import { createTrustBundle, type TrustBundle } from "../../../src/identity/trust-bundle.ts";
import { type BundleOf, verifyPeerChain } from "../../../src/identity/verify-chain.ts";
import { newCa, newKey, newLeaf, NOW, uris } from "./pki.ts";

const HOUR = 3_600_000;
const root = newCa("root");
const issuer = newCa("issuer", root, { ca: { pathLength: 0 } });
const otherRoot = newCa("other root", null, uris("spiffe://other.example"));
const otherIssuer = newCa("other issuer", otherRoot, uris("spiffe://other.example"));
const bundles = new Map<string, TrustBundle>([
  ["cluster.local", createTrustBundle("cluster.local", [root.der])],
  ["other.example", createTrustBundle("other.example", [otherRoot.der])],
]);
const bundleOf: BundleOf = (trustDomain) => bundles.get(trustDomain);
const rsa = (modulusLength: number) => publicKeyDer(generateKeyPairSync("rsa", { modulusLength }).privateKey);

test("a leaf with its issuer is accepted and says who it is", () => {
  const verdict = verifyPeerChain([newLeaf(issuer), issuer.der], bundleOf, NOW);
  assert.equal(verdict.ok, true, verdict.ok ? "" : verdict.message);
  if (!verdict.ok) return;
  assert.equal(verdict.identity, "spiffe://cluster.local/ns/default/sa/web");
  assert.equal(verdict.notAfterMs, NOW + HOUR);
  assert.equal(verdict.path.length, 2);
});

test("each trust domain is judged by its own roots", () => {
  const foreign = newLeaf(otherIssuer, uris("spiffe://other.example/ns/a/sa/b"));
  const verdict = verifyPeerChain([foreign, otherIssuer.der], bundleOf, NOW);
  assert.equal(verdict.ok && verdict.identity, "spiffe://other.example/ns/a/sa/b");
});

test("order and surplus of what follows the leaf do not matter", () => {
  const stranger = newCa("stranger");
  assert.equal(verifyPeerChain([newLeaf(issuer), stranger.der, root.der, issuer.der], bundleOf, NOW).ok, true);
});

test("a leaf signed by the root itself is accepted", () => {
  assert.equal(verifyPeerChain([newLeaf(root)], bundleOf, NOW).ok, true);
});

test("both roots of a rotation are good, also with one name for both", () => {
  const renewed = newCa("root");
  const both = createTrustBundle("cluster.local", [root.der, renewed.der]);
  const under = newCa("new issuer", renewed);
  for (const signer of [issuer, under]) assert.equal(verifyPeerChain([newLeaf(signer), signer.der], () => both, NOW).ok, true);
});

const badLeaves: [title: string, code: PeerProblem, changes: Partial<CertificateTemplate>][] = [
  ["no URI", "not-one-uri", uris()],
  ["a DNS name only", "not-one-uri", { altNames: { uris: [], dnsNames: ["web.default"], ipAddresses: [] } }],
  ["two URIs", "not-one-uri", uris("spiffe://cluster.local/ns/default/sa/web", "spiffe://cluster.local/ns/default/sa/api")],
  ["the same URI twice", "not-one-uri", uris("spiffe://cluster.local/ns/default/sa/web", "spiffe://cluster.local/ns/default/sa/web")],
  ["a SPIFFE id and another URI", "not-one-uri", uris("spiffe://cluster.local/ns/default/sa/web", "https://example.org/")],
  ["a URI that is no SPIFFE id", "bad-spiffe-id", uris("https://cluster.local/ns/default/sa/web")],
  ["path traversal", "bad-spiffe-id", uris("spiffe://cluster.local/ns/x/../default/sa/web")],
  ["an escaped path", "bad-spiffe-id", uris("spiffe://cluster.local/ns/default/sa/%77eb")],
  ["an upper-case trust domain", "bad-spiffe-id", uris("spiffe://Cluster.local/ns/default/sa/web")],
  ["a trust domain with port", "bad-spiffe-id", uris("spiffe://cluster.local:1/ns/default/sa/web")],
  ["a trailing slash", "bad-spiffe-id", uris("spiffe://cluster.local/ns/default/sa/web/")],
  ["the trust domain's own id", "bad-spiffe-id", uris("spiffe://cluster.local")],
  ["an unknown trust domain", "unknown-trust-domain", uris("spiffe://elsewhere/ns/default/sa/web")],
  ["CA:true", "leaf-is-ca", { ca: { pathLength: null }, keyUsage: ["digitalSignature"] }],
  ["CA:true with keyCertSign", "leaf-is-ca", { ca: { pathLength: 0 }, keyUsage: ["digitalSignature", "keyCertSign"] }],
  ["keyCertSign", "bad-key-usage", { keyUsage: ["digitalSignature", "keyCertSign"] }],
  ["cRLSign", "bad-key-usage", { keyUsage: ["digitalSignature", "cRLSign"] }],
  ["no digitalSignature", "bad-key-usage", { keyUsage: ["keyEncipherment"] }],
  ["serverAuth without clientAuth", "bad-extended-key-usage", { extendedKeyUsage: [OID.SERVER_AUTH] }],
  ["another purpose", "bad-extended-key-usage", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.4"] }],
  ["expired", "expired", { notBeforeMs: NOW - 2 * HOUR, notAfterMs: NOW - 1000 }],
  ["not yet valid", "not-yet-valid", { notBeforeMs: NOW + 1000, notAfterMs: NOW + HOUR }],
  ["RSA 1024", "weak-key", { publicKey: rsa(1024) }],
  ["P-224", "weak-key", { publicKey: publicKeyDer(newKey("secp224r1")) }],
  ["secp256k1", "weak-key", { publicKey: publicKeyDer(newKey("secp256k1")) }],
];
for (const [title, code, changes] of badLeaves) {
  test(`refused leaf: ${title}`, () => {
    const verdict = verifyPeerChain([newLeaf(issuer, changes), issuer.der], bundleOf, NOW);
    assert.equal(verdict.ok ? "accepted" : verdict.code, code, verdict.ok ? "" : verdict.message);
  });
}

const goodLeaves: [title: string, changes: Partial<CertificateTemplate>][] = [
  ["RSA 2048", { publicKey: rsa(2048) }],
  ["P-384", { publicKey: publicKeyDer(newKey("P-384")) }],
  ["Ed25519", { publicKey: publicKeyDer(generateKeyPairSync("ed25519").privateKey) }],
  ["no extended key usage", { extendedKeyUsage: [] }],
  ["DNS names beside", { altNames: { uris: ["spiffe://cluster.local/ns/default/sa/web"], dnsNames: ["localhost"], ipAddresses: ["::1"] } }],
  ["a subject", { subject: { commonName: "web" } }],
  ["the first second of its life", { notBeforeMs: NOW }],
  ["the last second of its life", { notAfterMs: NOW }],
];
for (const [title, changes] of goodLeaves) {
  test(`accepted leaf: ${title}`, () => {
    const verdict = verifyPeerChain([newLeaf(issuer, changes), issuer.der], bundleOf, NOW);
    assert.equal(verdict.ok, true, verdict.ok ? "" : verdict.message);
  });
}

function refusal(chain: readonly Buffer[], of: BundleOf = bundleOf, isRevoked?: (serial: string, identity: string) => boolean): string {
  const verdict = verifyPeerChain(chain, of, NOW, isRevoked);
  return verdict.ok ? "accepted" : verdict.code;
}

test("foreign root, our trust domain: refused although that root is trusted for its own", () => {
  assert.equal(refusal([newLeaf(otherIssuer), otherIssuer.der]), "bad-issuer", "it says itself that it is of another domain");
  const pretender = newCa("issuer", otherRoot);
  assert.equal(refusal([newLeaf(pretender), pretender.der]), "untrusted");
  assert.equal(refusal([newLeaf(pretender), pretender.der, otherRoot.der]), "bad-issuer");
  assert.equal(refusal([newLeaf(otherRoot), otherRoot.der]), "bad-issuer");
  assert.equal(refusal([newLeaf(issuer, uris("spiffe://other.example/ns/a/sa/b")), issuer.der]), "bad-issuer");
});

test("a root with our root's name and another key vouches for nothing", () => {
  const impostor = newCa("root");
  const under = newCa("issuer", impostor);
  assert.equal(refusal([newLeaf(under), under.der, impostor.der]), "untrusted");
  assert.equal(refusal([newLeaf(under), under.der, issuer.der]), "untrusted");
});

test("a chain without its issuer, with a leaf for issuer, or that loops is refused", () => {
  assert.equal(refusal([newLeaf(issuer)]), "untrusted");
  assert.equal(refusal([]), "no-certificate");
  const a = newCa("a");
  const b = newCa("b", a);
  const a2 = newCa("a", b);
  assert.equal(refusal([newLeaf(b), b.der, a2.der, a.der]), "untrusted");
  assert.equal(refusal(Array.from({ length: 9 }, () => issuer.der)), "chain-too-long");
});

const badIssuers: [title: string, code: PeerProblem, changes: Partial<CertificateTemplate>][] = [
  ["not a CA", "bad-issuer", { ca: null }],
  ["may not sign certificates", "bad-issuer", { keyUsage: ["digitalSignature"] }],
  ["another trust domain's id", "bad-issuer", uris("spiffe://other.example")],
  ["a workload's id", "bad-issuer", uris("spiffe://cluster.local/ns/default/sa/web")],
  ["for other purposes", "bad-issuer", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.4"] }],
  ["expired", "expired", { notBeforeMs: NOW - 2 * HOUR, notAfterMs: NOW - 1000 }],
  ["not yet valid", "not-yet-valid", { notBeforeMs: NOW + 1000, notAfterMs: NOW + HOUR }],
];
for (const [title, code, changes] of badIssuers) {
  test(`refused issuer: ${title}`, () => {
    const bad = newCa("bad issuer", root, changes);
    assert.equal(refusal([newLeaf(bad), bad.der]), code);
  });
}

test("the path length of an issuer counts", () => {
  const below = newCa("below", issuer);
  assert.equal(refusal([newLeaf(below), below.der, issuer.der]), "bad-issuer");
});

test("an expired root vouches for nothing", () => {
  const old = newCa("old root", null, { notBeforeMs: NOW - 2 * HOUR, notAfterMs: NOW - HOUR });
  assert.equal(
    refusal([newLeaf(old)], () => createTrustBundle("cluster.local", [old.der])),
    "expired",
  );
});

test("revocation names a serial or an identity", () => {
  const leaf = newLeaf(issuer, { serial: "01ab" });
  assert.equal(
    refusal([leaf, issuer.der], bundleOf, (serial) => serial === "01ab"),
    "revoked",
  );
  assert.equal(
    refusal([leaf, issuer.der], bundleOf, (_, identity) => identity.endsWith("/sa/web")),
    "revoked",
  );
});

test("garbage, truncation and a changed bit are refused, never thrown", () => {
  const leaf = newLeaf(issuer);
  assert.equal(refusal([Buffer.from("hello"), issuer.der]), "malformed");
  assert.equal(refusal([Buffer.alloc(0), issuer.der]), "malformed");
  assert.equal(refusal([Buffer.alloc(70_000, 0x30), issuer.der]), "chain-too-long");
  for (let cut = 1; cut < leaf.length; cut += 7) assert.equal(refusal([leaf.subarray(0, cut), issuer.der]), "malformed");
  for (let at = 0; at < leaf.length; at += 3) {
    const changed = Buffer.from(leaf);
    changed[at] = (changed[at] ?? 0) ^ 0x04;
    assert.notEqual(refusal([changed, issuer.der]), "accepted", `bit in byte ${at}`);
  }
});

test("the verifier remembers peers, but never past expiry, revocation or a change of roots", () => {
  let bundle = createTrustBundle("cluster.local", [root.der]);
  const revoked = new Set<string>();
  const verifier = new PeerVerifier(
    () => bundle,
    (serial) => revoked.has(serial),
  );
  const leaf = newLeaf(issuer, { serial: "02cd" });
  const first = verifier.verify([leaf, issuer.der], NOW);
  assert.equal(first.ok, true);
  assert.equal(verifier.verify([leaf, issuer.der], NOW), first, "the same answer without work");
  assert.equal(verifier.verify([leaf], NOW).ok, true, "a resumed connection shows the leaf alone");
  const expired = verifier.verify([leaf, issuer.der], NOW + 2 * HOUR);
  assert.equal(expired.ok ? "" : expired.code, "expired");

  assert.equal(verifier.verify([leaf, issuer.der], NOW).ok, true);
  bundle = createTrustBundle("cluster.local", [root.der, newCa("next root").der]);
  assert.equal(verifier.verify([leaf], NOW).ok, true, "still under a root of the new bundle");
  bundle = createTrustBundle("cluster.local", [newCa("last root").der]);
  assert.equal(verifier.verify([leaf], NOW).ok, false, "its root is gone");

  bundle = createTrustBundle("cluster.local", [root.der]);
  assert.equal(verifier.verify([leaf, issuer.der], NOW).ok, true);
  revoked.add("02cd");
  const refused = verifier.verify([leaf], NOW);
  assert.equal(refused.ok ? "" : refused.code, "revoked");
});

test("refusals take no place in the verifier's memory", () => {
  const verifier = new PeerVerifier(bundleOf);
  for (let count = 0; count < 5; count += 1) verifier.verify([newLeaf(otherIssuer), otherIssuer.der], NOW);
  assert.equal(verifier.size, 0);
});
