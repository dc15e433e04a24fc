import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createServer } from "node:tls";
import { fetchOnce } from "../support/load.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { inboundPort, startStore } from "../support/store.ts";

const OPENSSL = spawnSync("openssl", ["version"]).status === 0;

test("only the right identities talk, as openssl sees it", { skip: OPENSSL ? false : "openssl is not installed" }, async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const workload = await mesh.waitReady("api1");
  const port = inboundPort(workload);
  const runner = join(mesh.home, "..", "runner");
  await mesh.ok(["cert", "issue", "--identity", "ns/ci/sa/runner", "--ttl", "1h", "--out", runner]);
  const files = { cert: join(runner, "cert.pem"), key: join(runner, "key.pem"), ca: join(runner, "ca.pem") };

  await t.test("the key stays private and the certificate names who it is for", () => {
    assert.equal(statSync(files.key).mode & 0o777, 0o600);
    const text = execFileSync("openssl", ["x509", "-in", files.cert, "-noout", "-text"], { encoding: "utf8" });
    assert.match(text, /URI:spiffe:\/\/cluster\.local\/ns\/ci\/sa\/runner/);
    assert.match(text, /prime256v1/);
  });

  await t.test("a client with a mesh certificate is answered, over TLS 1.3, by the workload's identity", () => {
    const out = sClient(port, [
      "-cert",
      files.cert,
      "-cert_chain",
      files.cert,
      "-key",
      files.key,
      "-CAfile",
      files.ca,
      "-verify_return_error",
    ]);
    assert.match(out, /HTTP\/1\.1 200/);
    assert.match(out, /TLSv1\.3/);
    const peer = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(out)?.[0] ?? "";
    const text = execFileSync("openssl", ["x509", "-noout", "-text"], { input: peer, encoding: "utf8" });
    assert.match(text, /URI:spiffe:\/\/cluster\.local\/ns\/default\/sa\/api1/);
  });

  await t.test("without a certificate nothing is answered", () => {
    assert.doesNotMatch(sClient(port, ["-CAfile", files.ca]), /HTTP\/1\.1/);
  });

  await t.test("a certificate of a foreign root with our trust domain is refused", () => {
    const foreign = foreignLeaf(join(mesh.home, "..", "foreign"), "spiffe://cluster.local/ns/default/sa/web");
    assert.doesNotMatch(sClient(port, ["-cert", foreign.cert, "-key", foreign.key]), /HTTP\/1\.1/);
  });

  await t.test("plaintext is refused", async () => {
    const { outcome } = await fetchOnce({ port, path: "/items" });
    assert.doesNotMatch(outcome, /^\d+$/);
  });

  await t.test("an endpoint with another workload's certificate, or a foreign root's, gets no request", async () => {
    // Whoever takes over the address of a dead endpoint: v2 alone is dialled, then killed, then imitated.
    await mesh.ok(["route", "split", "api", "--weight", "v2=1"]);
    const target = await mesh.waitReady("api2");
    await waitFor(
      "v2 alone",
      async () => (await fetchOnce({ port: store.toApi, path: "/items", headers: { host: "api" } })).body.includes('"v2"'),
      3_000,
    );
    const foreign = foreignLeaf(join(mesh.home, "..", "impostor"), "spiffe://cluster.local/ns/default/sa/api2");
    for (const impostor of [
      { ...files, reason: "peer-identity-mismatch" },
      { ...foreign, reason: "peer-untrusted" },
    ]) {
      const proxyPid = (JSON.parse(readFileSync(join(mesh.layout.runDir, "default.api2.json"), "utf8")) as { proxyPid: number }).proxyPid;
      process.kill(store.api2.pid, "SIGSTOP");
      process.kill(proxyPid, "SIGKILL");
      let requests = 0;
      const server = createServer(
        { cert: readFileSync(impostor.cert), key: readFileSync(impostor.key), ALPNProtocols: ["meshctl/h1"] },
        (socket) => socket.on("error", () => {}).on("data", () => (requests += 1)),
      );
      server.on("tlsClientError", () => {});
      await listenWhenFree(server, inboundPort(target));
      try {
        const seen = await waitFor(
          impostor.reason,
          async () => {
            const answer = await fetchOnce({ port: store.toApi, path: "/items", headers: { host: "api" } });
            return answer.reason === impostor.reason ? answer : null;
          },
          5_000,
        );
        assert.equal(seen.outcome, "503");
        assert.equal(requests, 0, "bytes of a request reached the impostor");
      } finally {
        await new Promise((resolve) => server.close(resolve));
        process.kill(store.api2.pid, "SIGCONT");
      }
      await mesh.waitReady("api2");
      await waitFor(
        "v2 again",
        async () => (await fetchOnce({ port: store.toApi, path: "/items", headers: { host: "api" } })).outcome === "200",
        15_000,
      );
    }
  });
});

/** What `openssl s_client` printed when it asked for /items. */
function sClient(port: number, flags: readonly string[]): string {
  const { stdout, stderr } = spawnSync("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", ...flags], {
    input: "GET /items HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n",
    encoding: "utf8",
    timeout: 10_000,
  });
  return stdout + stderr;
}

/** A leaf as ours would be, under a root that nobody knows. */
function foreignLeaf(dir: string, uri: string): { cert: string; key: string } {
  mkdirSync(dir, { recursive: true });
  const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      "1",
    ].concat(
      ["-subj", "/O=foreign", "-addext", `subjectAltName=critical,URI:${uri}`, "-addext", "basicConstraints=critical,CA:FALSE"],
      ["-addext", "keyUsage=critical,digitalSignature"],
    ),
    { stdio: "ignore" },
  );
  return { cert, key };
}

async function listenWhenFree(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  await waitFor(
    `port ${port}`,
    () =>
      new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => resolve(true));
      }),
    5_000,
  );
}
