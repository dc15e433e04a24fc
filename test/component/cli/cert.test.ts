/** `meshctl cert …` on the real resource API, the real CA behind its endpoints, and a TLS port that stands for a sidecar's. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createServer, type Server } from "node:tls";
import { API, type IssuedCertificate, type ProxyStatus } from "../../../src/api/contract.ts";
import type { CertificateAuthority } from "../../../src/ca/authority.ts";
import { certificateEndpoints } from "../../../src/controller/certificates/endpoints.ts";
import type { Caller, Exchange } from "../../../src/controller/http.ts";
import { createExchange } from "../../../src/controller/serve/exchange.ts";
import { asHttpError, failureStatus } from "../../../src/controller/failure-status.ts";
import { createCsr } from "../../../src/identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../../src/identity/keys.ts";
import { formatCertificatesPem } from "../../../src/identity/pem.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { ALPN } from "../../../src/messages/names.ts";
import { workloadKind } from "../../../src/model/kinds/workload.ts";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";
import { openFileCa } from "../../support/file-ca.ts";

const ADMIN: Caller = { kind: "admin", user: "test", groups: [] };
let mesh: CliMesh;
let ca: CertificateAuthority;
let sidecar: Server;
/** Names of connected proxies of namespace default. */
const connected = ["api1", "web"];
/** What proxies do when they are asked. */
let renew: (instance: string) => Promise<void>;

async function newLeaf(name: string): Promise<{ key: string; cert: string }> {
  const key = await generatePrivateKey();
  const identity = `spiffe://cluster.local/ns/default/sa/${name}`;
  const prepared = await ca.prepare({ csr: createCsr(key, identity), identity, instance: `default/${name}`, via: "leaf" });
  assert.ok(prepared.ok);
  const issued = await ca.issue(prepared.ticket);
  assert.ok(issued.ok);
  return { key: formatPrivateKey(key), cert: formatCertificatesPem(issued.chain) };
}

before(async () => {
  mesh = await startCliMesh();
  const { ca: opened, tokens } = await openFileCa(join(mesh.home, "authority"));
  ca = opened;
  renew = async (instance) => void (await newLeaf(instance.split("/")[1] ?? ""));
  const endpoints = certificateEndpoints({
    ca,
    tokens,
    clock: systemClock,
    requestRenewal(target) {
      const names = connected.map((name) => `default/${name}`).filter((name) => target === "all" || target.instance === name);
      for (const name of names) void renew(name);
      return names;
    },
  });
  for (const { method, path, handle } of endpoints) {
    mesh.paths[`${method} ${path}`] = ({ request, response, query }: Pick<Exchange, "request" | "response" | "query">) => {
      const exchange = createExchange(request, response, { params: {}, query, caller: ADMIN, bearer: null });
      Promise.resolve()
        .then(() => handle(exchange))
        .catch((error: unknown) => {
          const problem = asHttpError(error);
          response.writeHead(problem.status, { "content-type": "application/json" }).end(JSON.stringify(failureStatus(problem)));
        });
    };
  }
  mesh.paths[`GET ${API.PROXIES}`] = [...connected, "idle"].map(
    (name) => ({ namespace: "default", instance: name, workload: name, connected: name !== "idle" }) as ProxyStatus,
  );
  sidecar = createServer({ ...(await newLeaf("api1")), ALPNProtocols: [ALPN.H1], requestCert: true });
  sidecar.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => sidecar.listen(0, "127.0.0.1", resolve));
  await newLeaf("web");
  const { port } = sidecar.address() as AddressInfo;
  const spec = {
    workload: "api1",
    serviceAccount: "api1",
    address: "127.0.0.1",
    services: [{ name: "api", port: 80, protocol: "http", appPort: 8081, inboundPort: port }],
  };
  const workload = { apiVersion: "meshctl.dev/v1alpha1", kind: "Workload", metadata: { name: "api1", namespace: "default" }, spec };
  await mesh.client.create(workloadKind, workload);
});

after(async () => {
  sidecar.close();
  await mesh.close();
  await ca.close();
});

async function prints(argv: readonly string[], expected: RegExp): Promise<string> {
  const { code, stdout, stderr } = await mesh.cli(argv);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, expected);
  return stdout;
}

async function refuses(argv: readonly string[], exitCode: number, expected: RegExp): Promise<void> {
  const { code, stdout, stderr } = await mesh.cli(argv);
  assert.match(stderr, expected);
  assert.equal(code, exitCode, stdout + stderr);
  assert.doesNotMatch(stderr, /\n {4}at /, "no stack trace");
}

describe("cert status", () => {
  it("says who signs, until when, and for how many", async () => {
    const text = await prints(["cert", "status"], /^Trust domain: cluster\.local\n/);
    assert.match(text, /Root: +O=meshctl, CN=meshctl root [0-9a-f]{12}\n/);
    assert.match(text, /replaced by itself in 182d/);
    assert.match(text, /2 current, each for 24h; 0 end within the hour/);
    const status = JSON.parse(await prints(["cert", "status", "-o", "json"], /"issuer"/)) as { issuer: { serial: string } };
    assert.equal(status.issuer.serial, ca.issuer().serial);
    await prints(["cert", "status", "-o", "yaml"], /^trustDomain: cluster\.local$/m);
  });
});

describe("cert list", () => {
  it("shows each holder's current certificate, and the rest when asked", async () => {
    const text = await prints(["cert", "list"], /^NAME +SERIAL +STATE +AGE +EXPIRES +VIA\n/);
    assert.equal(text.trim().split("\n").length, 3);
    await newLeaf("web");
    const all = await prints(["cert", "list", "--all", "-A", "-o", "wide"], /^NAMESPACE +NAME .* ISSUER\n/);
    assert.match(all, /default +web +[0-9a-f]{32} +superseded .*spiffe:\/\/cluster\.local\/ns\/default\/sa\/web/);
    const list = JSON.parse(await prints(["cert", "list", "-o", "json"], /^\[/)) as IssuedCertificate[];
    assert.equal(list.length, 2);
    const { code, stderr } = await mesh.cli(["cert", "list", "-n", "nowhere"]);
    assert.deepEqual([code, stderr], [0, "No certificates in namespace nowhere.\n"]);
  });
});

describe("cert inspect", () => {
  it("shows what was issued and what the mesh port shows, judged", async () => {
    const text = await prints(
      ["cert", "inspect", "api1"],
      /^Name: +default\/api1\nIdentity: +spiffe:\/\/cluster\.local\/ns\/default\/sa\/api1\n/,
    );
    assert.match(text, /Shown: +at 127\.0\.0\.1:\d+:\n {2}0 {2}spiffe:\/\/cluster\.local\/ns\/default\/sa\/api1\n/);
    assert.match(text, /\n {2}1 {2}O=meshctl, CN=meshctl issuer [0-9a-f]{12} \(CA\)\n/);
    assert.match(text, /key +ec prime256v1, for digitalSignature/);
    assert.match(text, /√ chains to a root of cluster\.local\n$/);
  });
  it("gives openssl its PEM and programs their JSON", async () => {
    const pem = await prints(["cert", "inspect", "default/api1", "-o", "pem"], /BEGIN CERTIFICATE/);
    const said = execFileSync("openssl", ["x509", "-noout", "-ext", "subjectAltName"], { input: pem, encoding: "utf8" });
    assert.match(said, /URI:spiffe:\/\/cluster\.local\/ns\/default\/sa\/api1/);
    const json = JSON.parse(await prints(["cert", "inspect", "api1", "-o", "json"], /^\{/)) as { verdict: { ok: boolean } };
    assert.equal(json.verdict.ok, true);
    await prints(["cert", "inspect", "api1", "-o", "yaml"], /keyUsage:\n/);
  });
  it("says why there is no chain to show", async () => {
    await prints(["cert", "inspect", "web"], /Shown: +it does not run as a workload of this machine\n$/);
    await refuses(["cert", "inspect", "web", "-o", "pem"], 1, /cannot be had/);
    await refuses(["cert", "inspect", "wbe"], 1, /no certificate was issued to default\/wbe\n.*Did you mean default\/web/);
  });
  it("reads files, with and without a mesh, and fails for what peers would refuse", async () => {
    const good = join(mesh.home, "good.pem");
    writeFileSync(good, (await newLeaf("api1")).cert);
    await prints(["cert", "inspect", good], /√ chains/);
    const { code, stdout } = await mesh.cli(["cert", "inspect", "good.pem"], { cwd: mesh.home, home: join(mesh.home, "empty") });
    assert.equal(code, 0);
    assert.match(stdout, /not judged: there is no mesh/);
    const foreign = join(mesh.home, "foreign.pem");
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x", "-days", "1"];
    const keyFile = join(mesh.home, "foreign.key");
    execFileSync(
      "openssl",
      [...args, "-addext", "subjectAltName=URI:spiffe://cluster.local/ns/default/sa/web", "-keyout", keyFile, "-out", foreign],
      { stdio: "ignore" },
    );
    const judged = await mesh.cli(["cert", "inspect", foreign]);
    assert.equal(judged.code, 1);
    assert.match(judged.stdout, /× the leaf is a CA certificate/);
    const garbage = join(mesh.home, "garbage.pem");
    writeFileSync(garbage, "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n");
    await refuses(["cert", "inspect", garbage], 1, /a certificate cannot be read: not ASN\.1/);
    await refuses(["cert", "inspect", "./nowhere"], 1, /nowhere cannot be read/);
    await refuses(["cert", "inspect", keyFile], 1, /holds no certificate/);
  });
});

describe("cert rotate", () => {
  const serialOf = (name: string) => ca.issued().find((one) => one.state === "current" && one.instance === `default/${name}`)?.serial;

  it("waits for the new certificate of one workload and says old and new serial", async () => {
    const before_ = serialOf("api1");
    const text = await prints(["cert", "rotate", "api1"], /^default\/api1: [0-9a-f]{32} → [0-9a-f]{32}\n$/);
    assert.equal(text, `default/api1: ${before_} → ${serialOf("api1")}\n`);
  });
  it("renews all", async () => {
    const text = await prints(["cert", "rotate", "--all"], /default\/api1: /);
    assert.match(text, /default\/web: /);
  });
  it("changes the issuer and waits for everybody", async () => {
    const { code, stdout, stderr } = await mesh.cli(["cert", "rotate", "--issuer"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^issuer: [0-9a-f]{32} → ${ca.issuer().serial}\n$`));
    assert.match(stderr, /2 of 2 proxies have a certificate of the new issuer\n√ 2 renewed\n$/);
  });
  it("names who has not renewed in time", async () => {
    const keep = renew;
    renew = async (instance) => (instance === "default/web" ? undefined : keep(instance));
    const { code, stdout, stderr } = await mesh.cli(["cert", "rotate", "--all", "--timeout", "600ms"]);
    renew = keep;
    assert.equal(code, 1);
    assert.match(stdout, /^default\/api1: /);
    assert.match(stderr, /× not renewed within 0\.6 s: default\/web\n/);
  });
  it("refuses what is unclear or not there", async () => {
    await refuses(["cert", "rotate"], 2, /exactly one: a name, --all or --issuer/);
    await refuses(["cert", "rotate", "web", "--all"], 2, /exactly one/);
    await refuses(["cert", "rotate", "wbe"], 1, /no workload default\/wbe\n.*Did you mean default\/web/);
    await refuses(["cert", "rotate", "idle"], 1, /the proxy of default\/idle is not connected/);
  });
});

describe("cert issue", () => {
  it("writes a key of its own, the chain and the roots", async () => {
    const out = join(mesh.home, "runner");
    const text = await prints(
      ["cert", "issue", "--identity", "ns/ci/sa/runner", "--ttl", "30m", "--out", out],
      /^Identity: +spiffe:\/\/cluster\.local\/ns\/ci\/sa\/runner\n/,
    );
    assert.match(text, /key\.pem\n.*cert\.pem\n.*ca\.pem\n$/);
    assert.equal(statSync(join(out, "key.pem")).mode & 0o777, 0o600);
    assert.equal(statSync(out).mode & 0o777, 0o700);
    const said = execFileSync(
      "openssl",
      ["verify", "-CAfile", join(out, "ca.pem"), "-untrusted", join(out, "cert.pem"), join(out, "cert.pem")],
      { encoding: "utf8" },
    );
    assert.match(said, /OK/);
    const publicKey = (args: string[]) => execFileSync("openssl", args, { encoding: "utf8" });
    assert.equal(
      publicKey(["pkey", "-in", join(out, "key.pem"), "-pubout"]),
      publicKey(["x509", "-in", join(out, "cert.pem"), "-noout", "-pubkey"]),
    );
    const record = ca.issued().find(({ identity }) => identity.endsWith("/ci/sa/runner"));
    assert.equal(record?.via, "admin");
    assert.equal((record?.notAfterMs ?? 0) - (record?.notBeforeMs ?? 0), 31 * 60_000);
  });
  it("writes over nothing without --force", async () => {
    const out = join(mesh.home, "careful");
    mkdirSync(out);
    writeFileSync(join(out, "key.pem"), "precious");
    const count = ca.issued().length;
    await refuses(["cert", "issue", "--identity", "ns/ci/sa/runner", "--out", out], 4, /already holds key\.pem\n.*--force/);
    assert.equal(ca.issued().length, count, "nothing was issued");
    assert.equal(readFileSync(join(out, "key.pem"), "utf8"), "precious");
    await prints(["cert", "issue", "--identity", "spiffe://cluster.local/ns/ci/sa/runner", "--out", out, "--force"], /Serial/);
    assert.match(readFileSync(join(out, "key.pem"), "utf8"), /PRIVATE KEY/);
  });
  it("refuses identities and lifetimes the mesh does not give", async () => {
    const out = join(mesh.home, "never");
    const issue = (identity: string, ...more: string[]) => ["cert", "issue", "--identity", identity, "--out", out, ...more];
    await refuses(issue("runner"), 2, /names no service account/);
    await refuses(issue("ns/ci/sa/../x"), 2, /relative path segment/);
    await refuses(issue("ns/CI/sa/runner"), 2, /names no service account/);
    await refuses(issue("spiffe://other.example/ns/ci/sa/runner"), 2, /the trust domain here is cluster\.local/);
    await refuses(issue("ns/meshctl-system/sa/meshctl-controller"), 1, /the controller's own identity/);
    await refuses(issue("ns/ci/sa/runner", "--ttl", "48h"), 2, /--ttl: "48h" is more than 24h/);
    await refuses(issue("ns/ci/sa/runner", "--ttl", "soon"), 2, /"soon" is not a duration/);
    await refuses(["cert", "issue", "--out", out], 2, /--identity/);
  });
});
