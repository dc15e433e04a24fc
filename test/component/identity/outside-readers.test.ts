/** The openssl command and @peculiar/x509 have the last word on what we build, and we on what they build. */
import "reflect-metadata";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as peculiar from "@peculiar/x509";
import { createCsr, parseCsr } from "../../../src/identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../../src/identity/keys.ts";
import { formatCertificatesPem, formatPem, parseCertificatesPem } from "../../../src/identity/pem.ts";
import { createTrustBundle } from "../../../src/identity/trust-bundle.ts";
import { verifyPeerChain } from "../../../src/identity/verify-chain.ts";
import { newCa, newLeaf } from "../../unit/identity/pki.ts";

const WEB = "spiffe://cluster.local/ns/default/sa/web";
const NOW = Date.now();
const life = { notBeforeMs: NOW - 60_000, notAfterMs: NOW + 3_600_000 };
let dir = "";

before(() => {
  dir = mkdtempSync(join(tmpdir(), "meshctl-identity-"));
  peculiar.cryptoProvider.set(webcrypto as unknown as Parameters<typeof peculiar.cryptoProvider.set>[1]);
});
after(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

function openssl(...args: string[]): string {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const root = newCa("root", null, life);
const issuer = newCa("issuer", root, { ...life, ca: { pathLength: 0 } });
const leaf = newLeaf(issuer, {
  ...life,
  altNames: { uris: [WEB], dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] },
});

test("openssl verifies our chain strictly and prints what we meant", () => {
  const rootFile = file("root.pem", formatCertificatesPem([root.der]));
  const issuerFile = file("issuer.pem", formatCertificatesPem([issuer.der]));
  const leafFile = file("leaf.pem", formatCertificatesPem([leaf]));
  for (const purpose of ["sslserver", "sslclient"]) {
    const said = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", rootFile, "-untrusted", issuerFile, leafFile);
    assert.match(said, /leaf\.pem: OK/);
  }
  const text = openssl("x509", "-in", leafFile, "-noout", "-text");
  assert.match(text, /Version: 3/);
  assert.match(text, /ASN1 OID: prime256v1/);
  assert.match(text, /Key Usage: critical\s+Digital Signature\n/);
  assert.match(text, /Extended Key Usage:\s+TLS Web Server Authentication, TLS Web Client Authentication/);
  assert.match(text, /Basic Constraints: critical\s+CA:FALSE/);
  assert.match(
    text,
    /Alternative Name: critical\s+URI:spiffe:\/\/cluster.local\/ns\/default\/sa\/web, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1/,
  );
  const issuerText = openssl("x509", "-in", issuerFile, "-noout", "-text");
  assert.match(issuerText, /CA:TRUE, pathlen:0/);
  assert.match(issuerText, /Certificate Sign, CRL Sign/);
});

test("@peculiar/x509 reads our leaf alike and verifies its signature", async () => {
  const read = new peculiar.X509Certificate(leaf);
  const names = read.getExtension(peculiar.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  assert.deepEqual(
    names.map(({ type, value }) => `${type}:${value}`),
    [`url:${WEB}`, "dns:localhost", "ip:127.0.0.1", "ip:::1"],
  );
  assert.equal(read.getExtension(peculiar.BasicConstraintsExtension)?.ca, false);
  assert.equal(read.getExtension(peculiar.KeyUsagesExtension)?.usages, peculiar.KeyUsageFlags.digitalSignature);
  assert.equal(
    await read.verify({ publicKey: await new peculiar.X509Certificate(issuer.der).publicKey.export(), date: new Date(NOW) }),
    true,
  );
  const chain = await new peculiar.X509ChainBuilder({
    certificates: [new peculiar.X509Certificate(issuer.der), new peculiar.X509Certificate(root.der)],
  }).build(read);
  assert.equal(chain.length, 3);
});

test("openssl and @peculiar/x509 accept our request", async () => {
  const key = await generatePrivateKey();
  const csr = createCsr(key, WEB);
  const text = openssl("req", "-in", file("ours.csr", csr), "-noout", "-verify", "-text");
  assert.match(text, /URI:spiffe:\/\/cluster.local\/ns\/default\/sa\/web/);
  const read = new peculiar.Pkcs10CertificateRequest(csr);
  assert.equal(await read.verify(), true);
  assert.match(openssl("pkey", "-in", file("ours.key", formatPrivateKey(key)), "-noout", "-text"), /prime256v1/);
});

test("we accept a request made by openssl", () => {
  const key = join(dir, "theirs.key");
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
  const csr = openssl("req", "-new", "-key", key, "-subj", "/CN=web/O=acme", "-addext", `subjectAltName=URI:${WEB}`);
  const parsed = parseCsr(csr);
  assert.equal(parsed.ok, true, parsed.ok ? "" : parsed.message);
  assert.deepEqual(parsed.ok && parsed.csr.extensions.altNames?.uris, [WEB]);
});

test("we verify a chain made by openssl alone", () => {
  const extensions = file(
    "ext.cnf",
    [
      "[root]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash",
      "[leaf]\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth",
      `authorityKeyIdentifier=keyid\nsubjectAltName=URI:${WEB}\n[req]\ndistinguished_name=dn\n[dn]\n`,
    ].join("\n"),
  );
  const [rootKey, rootCert, leafKey, leafCsr] = ["r.key", "r.pem", "l.key", "l.csr"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const key of [rootKey, leafKey]) openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    rootKey,
    "-subj",
    "/CN=their root",
    "-days",
    "2",
    "-config",
    extensions,
    "-extensions",
    "root",
    "-out",
    rootCert,
  );
  openssl("req", "-new", "-key", leafKey, "-subj", "/CN=x", "-config", extensions, "-out", leafCsr);
  const pem = openssl(
    "x509",
    "-req",
    "-in",
    leafCsr,
    "-CA",
    rootCert,
    "-CAkey",
    rootKey,
    "-CAcreateserial",
    "-days",
    "1",
    "-extfile",
    extensions,
    "-extensions",
    "leaf",
  );
  const rootPem = openssl("x509", "-in", rootCert);
  const bundle = createTrustBundle("cluster.local", parseCertificatesPem(rootPem));
  const verdict = verifyPeerChain(parseCertificatesPem(pem), () => bundle, Date.now());
  assert.equal(verdict.ok && verdict.identity, WEB, verdict.ok ? "" : verdict.message);
  const sha1 = openssl(
    "x509",
    "-req",
    "-sha1",
    "-in",
    leafCsr,
    "-CA",
    rootCert,
    "-CAkey",
    rootKey,
    "-CAcreateserial",
    "-days",
    "1",
    "-extfile",
    extensions,
    "-extensions",
    "leaf",
  );
  const weak = verifyPeerChain(parseCertificatesPem(sha1), () => bundle, Date.now());
  assert.equal(weak.ok ? "" : weak.code, "weak-signature");
});

test("PEM we write is PEM openssl reads", () => {
  assert.equal(openssl("x509", "-in", file("again.pem", formatPem("CERTIFICATE", root.der))), formatPem("CERTIFICATE", root.der));
});
