/** The certificate endpoints on a real HTTPS server, asked by node's own client with and without client certificates. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { API, type CaStatus, type CertificateResponse, type IssuedCertificate, type JoinTokenResponse } from "../../../src/api/contract.ts";
import type { CertificateAuthority } from "../../../src/ca/authority.ts";
import type { JoinTokens } from "../../../src/ca/join-tokens.ts";
import { openAdminToken } from "../../../src/controller/certificates/admin-token.ts";
import { certificateEndpoints } from "../../../src/controller/certificates/endpoints.ts";
import { createServingIdentity, type ServingIdentity } from "../../../src/controller/certificates/serving.ts";
import { createWorkloadVerifier } from "../../../src/controller/certificates/verify-workload.ts";
import { silentLog } from "../../support/silent-log.ts";
import { createHttpsServer, type HttpsServer } from "../../../src/controller/serve/server.ts";
import { createCsr } from "../../../src/identity/csr.ts";
import { formatPrivateKey, generatePrivateKey, keyIdOf, publicKeyDer } from "../../../src/identity/keys.ts";
import { readCertificate } from "../../../src/identity/certificate-reader.ts";
import { formatCertificatesPem, parseCertificatesPem } from "../../../src/identity/pem.ts";
import { createTrustBundle } from "../../../src/identity/trust-bundle.ts";
import { verifyPeerChain } from "../../../src/identity/verify-chain.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { openFileCa } from "../../support/file-ca.ts";
import { newCa, newLeaf } from "../../unit/identity/pki.ts";

const WEB = "spiffe://cluster.local/ns/default/sa/web";
const RUNNER = "spiffe://cluster.local/ns/ci/sa/runner";
let dir = "";
let ca: CertificateAuthority;
let tokens: JoinTokens;
let serving: ServingIdentity;
let server: HttpsServer;
let port = 0;
let admin = "";
const renewals: [target: unknown, beforeUnixMs: number][] = [];

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "meshctl-ca-http-"));
  admin = await openAdminToken(join(dir, "credentials", "admin.token"));
  ({ ca, tokens } = await openFileCa(dir));
  serving = await createServingIdentity({ ca, clock: systemClock, failed: assert.ifError });
  server = createHttpsServer({
    credentials: credentials(),
    endpoints: certificateEndpoints({
      ca,
      tokens,
      clock: systemClock,
      requestRenewal(target, beforeUnixMs) {
        renewals.push([target, beforeUnixMs]);
        return target === "all" ? ["default/web-1", "default/api-1"] : [target.instance].filter((name) => name === "default/web-1");
      },
    }),
    adminToken: admin,
    verifyWorkload: createWorkloadVerifier(ca, systemClock),
    log: silentLog,
    clock: systemClock,
  });
  serving.onRenew(() => server.setCredentials(credentials()));
  port = await server.listen("127.0.0.1", 0);
});

after(async () => {
  serving.close();
  await server.close(0);
  await ca.close();
  rmSync(dir, { recursive: true, force: true });
});

function credentials() {
  const { keyPem, chainPem, rootsPem } = serving.current();
  return { key: keyPem, cert: chainPem, roots: rootsPem };
}

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  /** Serial of the server's certificate. */
  readonly serverSerial: string;
}

function call<T = { message: string; details?: { code?: string } }>(
  method: string,
  path: string,
  options: { body?: unknown; bearer?: string; client?: { key: string; cert: string } } = {},
): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    const { body, bearer, client } = options;
    const request = httpsRequest(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        ca: serving.current().rootsPem,
        agent: false,
        ...client,
        headers: { "content-type": "application/json", ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) },
      },
      (response) => {
        const serverSerial = (response.socket as import("node:tls").TLSSocket).getPeerCertificate().serialNumber.toLowerCase();
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as T, serverSerial }));
      },
    );
    request.on("error", reject);
    request.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}

async function joinToken(instance = "default/web-1", serviceAccount = "web"): Promise<string> {
  const body = { namespace: "default", serviceAccount, instance };
  return (await call<JoinTokenResponse>("POST", API.JOIN_TOKENS, { bearer: admin, body })).body.token;
}

async function joinMesh(): Promise<{ key: string; cert: string; answer: CertificateResponse }> {
  const key = await generatePrivateKey();
  const body = { csr: createCsr(key, WEB), instance: "default/web-1" };
  const { status, body: answer } = await call<CertificateResponse>("POST", API.CERTIFICATES, { bearer: await joinToken(), body });
  assert.equal(status, 201);
  return { key: formatPrivateKey(key), cert: answer.chain, answer };
}

/** What whoever has the issuer's key could make behind the CA's back. */
function signedByIssuer(key: KeyObject, life: { notBeforeMs: number; notAfterMs: number }): { key: string; cert: string } {
  const stored = JSON.parse(readFileSync(join(dir, "ca", "authority.json"), "utf8")) as { issuer: { certificate: string; key: string } };
  const [der] = parseCertificatesPem(stored.issuer.certificate);
  const { subject, publicKey } = readCertificate(der as Buffer);
  const name = { organization: "meshctl", commonName: subject.text.split("CN=")[1] ?? "" };
  const issuer = { key: createPrivateKey(stored.issuer.key), name, keyId: keyIdOf(publicKey), der: der as Buffer };
  const leaf = newLeaf(issuer, { ...life, publicKey: publicKeyDer(key) });
  return { key: formatPrivateKey(key), cert: formatCertificatesPem([leaf, issuer.der]) };
}

function lastAudit(): { event: string; code?: string; remote?: string } {
  const text =
    readFileSync(join(dir, "audit", "ca.jsonl"), "utf8")
      .trim()
      .split("\n")
      .at(-1) ?? "{}";
  return JSON.parse(text) as { event: string; code?: string; remote?: string };
}

test("a join token gives the first leaf, that leaf gives the next, openssl agrees", async () => {
  const first = await joinMesh();
  const bundle = createTrustBundle("cluster.local", parseCertificatesPem(first.answer.trustBundle));
  const verdict = verifyPeerChain(parseCertificatesPem(first.answer.chain), () => bundle, Date.now());
  assert.equal(verdict.ok && verdict.identity, WEB);
  const nextKey = await generatePrivateKey();
  const body = { csr: createCsr(nextKey, WEB), instance: "default/web-1", ttlSeconds: 60 };
  const next = await call<CertificateResponse>("POST", API.CERTIFICATES, { client: first, body });
  assert.equal(next.status, 201);
  assert.equal(Date.parse(next.body.notAfter) - Date.parse(next.body.notBefore), 120_000, "60 s and the minute it is backdated");
  // The answer to a renewal may be lost on its way: the leaf before the newest still renews.
  assert.equal((await call("POST", API.CERTIFICATES, { client: first, body })).status, 201);

  const [root = "", issuer = "", leaf = ""] = ["root", "issuer", "leaf"].map((name) => join(dir, `${name}.pem`));
  const [leafDer, issuerDer] = parseCertificatesPem(next.body.chain);
  writeFileSync(root, next.body.trustBundle);
  writeFileSync(leaf, formatCertificatesPem([leafDer as Buffer]));
  writeFileSync(issuer, formatCertificatesPem([issuerDer as Buffer]));
  const said = execFileSync("openssl", ["verify", "-x509_strict", "-CAfile", root, "-untrusted", issuer, leaf], { encoding: "utf8" });
  assert.match(said, /OK/);
});

test("the trust bundle is public, everything else is not", async () => {
  const trust = await call<{ trustDomain: string; pem: string }>("GET", API.TRUST);
  assert.equal(trust.status, 200);
  assert.deepEqual(parseCertificatesPem(trust.body.pem), [...ca.roots()]);
  for (const [method, path] of [
    ["GET", API.CA],
    ["GET", API.ISSUED],
    ["POST", API.CA_ROTATE_ISSUER],
    ["POST", API.ROTATE],
    ["POST", API.JOIN_TOKENS],
  ] as const) {
    assert.equal((await call(method, path)).status, 401, path);
    assert.equal((await call(method, path, { bearer: await joinToken() })).status, 401, path);
    assert.equal((await call(method, path, { client: await joinMesh() })).status, 403, path);
  }
});

test("what proves nothing gets nothing, and an audit line", async () => {
  const key = await generatePrivateKey();
  const csr = createCsr(key, WEB);
  const token = await joinToken();
  const foreignRoot = newCa("root", null, { notBeforeMs: 0, notAfterMs: Date.now() + 1e8 });
  const foreignLeaf = newLeaf(foreignRoot, {
    notBeforeMs: Date.now() - 1e6,
    notAfterMs: Date.now() + 1e6,
    publicKey: publicKeyDer(key),
  });
  const foreign = { key: formatPrivateKey(key), cert: formatCertificatesPem([foreignLeaf, foreignRoot.der]) };
  const expired = signedByIssuer(key, { notBeforeMs: Date.now() - 7_200_000, notAfterMs: Date.now() - 3_600_000 });
  const unknown = signedByIssuer(key, { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 60_000 });
  const forApi = createCsr(key, "spiffe://cluster.local/ns/default/sa/api");
  const web = await joinMesh();
  const cases: [title: string, status: number, code: string, options: Parameters<typeof call>[2]][] = [
    ["nothing", 401, "not-authenticated", { body: { csr } }],
    ["a token that is none", 401, "token-malformed", { bearer: "abc", body: { csr } }],
    ["a leaf of a foreign root with our trust domain", 401, "not-authenticated", { client: foreign, body: { csr } }],
    ["an expired leaf", 401, "not-authenticated", { client: expired, body: { csr } }],
    ["a leaf that is not in the log", 403, "not-renewable", { client: unknown, body: { csr } }],
    ["a token, another instance", 403, "token-instance", { bearer: token, body: { csr, instance: "default/web-2" } }],
    ["a token, another identity", 403, "csr-identity", { bearer: token, body: { csr: forApi, instance: "default/web-1" } }],
    ["a leaf, another identity", 403, "csr-identity", { client: web, body: { csr: forApi } }],
    ["a leaf, another instance", 403, "token-instance", { client: web, body: { csr, instance: "default/api-1" } }],
    [
      "the administrator, the controller's identity",
      403,
      "identity-not-allowed",
      { bearer: admin, body: { csr: createCsr(key, "spiffe://cluster.local/ns/meshctl-system/sa/meshctl-controller") } },
    ],
    ["the administrator, an instance", 403, "identity-not-allowed", { bearer: admin, body: { csr, instance: "default/web-1" } }],
    ["the administrator, two days", 422, "lifetime", { bearer: admin, body: { csr, ttlSeconds: 172_800 } }],
    ["the administrator, garbage", 400, "csr-malformed", { bearer: admin, body: { csr: "x" } }],
    ["a token, garbage", 400, "csr-malformed", { bearer: token, body: { csr: "x" } }],
    ["a token, oversize", 413, "csr-too-large", { bearer: token, body: { csr: "x".repeat(66_000) } }],
  ];
  const before_ = ca.issued().length;
  for (const [title, status, code, options] of cases) {
    const answer = await call("POST", API.CERTIFICATES, options);
    assert.equal(answer.status, status, `${title}: ${answer.body.message}`);
    assert.equal(answer.body.details?.code, code, title);
    const audit = lastAudit();
    assert.deepEqual([audit.event, audit.code, audit.remote], ["refused", code, "127.0.0.1"], title);
  }
  assert.equal(ca.issued().length, before_, "nothing was issued");
});

test("bodies that are no request are answered with the field at fault", async () => {
  const cases: [body: unknown, says: RegExp][] = [
    ["{", /not JSON/],
    [[], /expected object/],
    [{}, /csr/],
    [{ csr: "x", extra: 1 }, /extra/],
    [{ csr: "x", ttlSeconds: -1 }, /ttlSeconds/],
    [{ csr: "x", instance: "web" }, /instance: must be namespace\/instance/],
  ];
  for (const [body, says] of cases) {
    const answer = await call("POST", API.CERTIFICATES, { bearer: admin, body });
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, says);
  }
  const large = await call("POST", API.CERTIFICATES, { bearer: admin, body: { csr: "x".repeat(200_000) } });
  assert.equal(large.status, 413);
});

test("the administrator's certificates are for one time: they do not renew themselves", async () => {
  const key = await generatePrivateKey();
  const body = { csr: createCsr(key, RUNNER), ttlSeconds: 60 };
  const made = await call<CertificateResponse>("POST", API.CERTIFICATES, { bearer: admin, body });
  assert.equal(made.status, 201);
  const client = { key: formatPrivateKey(key), cert: made.body.chain };
  const again = await call("POST", API.CERTIFICATES, { client, body });
  assert.equal(again.body.details?.code, "not-renewable");
});

test("join tokens are for workloads of one namespace", async () => {
  for (const body of [
    { namespace: "default", serviceAccount: "web", instance: "other/web-1" },
    { namespace: "Default", serviceAccount: "web", instance: "Default/web-1" },
    { namespace: "default", serviceAccount: "../web", instance: "default/web-1" },
    { namespace: "default", serviceAccount: "web" },
  ]) {
    assert.equal((await call("POST", API.JOIN_TOKENS, { bearer: admin, body })).status, 400, JSON.stringify(body));
  }
  const body = { namespace: "meshctl-system", serviceAccount: "meshctl-controller", instance: "meshctl-system/x" };
  assert.equal((await call("POST", API.JOIN_TOKENS, { bearer: admin, body })).status, 403);
});

test("rotate asks one instance, or all, or says that there is none", async () => {
  const one = await call<{ asked: string[] }>("POST", API.ROTATE, { bearer: admin, body: { instance: "default/web-1" } });
  assert.deepEqual(one.body.asked, ["default/web-1"]);
  const all = await call<{ asked: string[] }>("POST", API.ROTATE, { bearer: admin, body: { all: true } });
  assert.equal(all.body.asked.length, 2);
  assert.equal((await call("POST", API.ROTATE, { bearer: admin, body: { instance: "default/none" } })).status, 404);
  for (const body of [{}, { all: false }, { all: true, instance: "default/web-1" }]) {
    assert.equal((await call("POST", API.ROTATE, { bearer: admin, body })).status, 400);
  }
});

test("a new issuer: old leaves stay good, everybody is asked to renew, the controller shows a new leaf without a restart", async () => {
  const web = await joinMesh();
  const status = (await call<CaStatus>("GET", API.CA, { bearer: admin })).body;
  const { serverSerial } = await call("GET", API.TRUST);
  const renewed = new Promise((resolve) => serving.onRenew(resolve));
  const rotated = await call<CaStatus>("POST", API.CA_ROTATE_ISSUER, { bearer: admin });
  assert.equal(rotated.status, 200);
  assert.notEqual(rotated.body.issuer.serial, status.issuer.serial);
  assert.equal(rotated.body.root.serial, status.root.serial);
  assert.equal(renewals.at(-1)?.[0], "all");
  await renewed;
  assert.notEqual((await call("GET", API.TRUST)).serverSerial, serverSerial);
  const body = { csr: createCsr(await generatePrivateKey(), WEB), instance: "default/web-1" };
  const next = await call<CertificateResponse>("POST", API.CERTIFICATES, { client: web, body });
  assert.equal(next.status, 201, "the old issuer's leaf still proves who it is");
  const issued = (await call<IssuedCertificate[]>("GET", API.ISSUED, { bearer: admin })).body;
  assert.equal(issued[0]?.serial, next.body.serial);
  assert.equal(issued[0]?.issuer, rotated.body.issuer.subject);
  assert.equal(issued.find(({ serial }) => serial === web.answer.serial)?.state, "superseded");
});

test("the controller's certificate is good for curl by address and by name", async () => {
  const rootFile = join(dir, "roots.pem");
  writeFileSync(rootFile, serving.current().rootsPem);
  for (const host of ["127.0.0.1", "localhost"]) {
    const url = `https://${host}:${port}${API.TRUST}`;
    const { stdout } = await promisify(execFile)("curl", ["-sS", "-m", "10", "--noproxy", "*", "-4", "--cacert", rootFile, url]);
    assert.match(stdout, /cluster.local/);
  }
});

test("the administrator's token is made once, kept private, and judged when it is not", async () => {
  const path = join(dir, "credentials", "admin.token");
  assert.equal(await openAdminToken(path), admin);
  assert.match(admin, /^[\w-]{43}$/);
  const { chmodSync, statSync } = await import("node:fs");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o640);
  await assert.rejects(openAdminToken(path), /open to other users/);
  chmodSync(path, 0o600);
  const bad = join(dir, "bad.token");
  writeFileSync(bad, "short\n", { mode: 0o600 });
  await assert.rejects(openAdminToken(bad), /does not hold a token/);
});
