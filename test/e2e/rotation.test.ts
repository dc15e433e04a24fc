import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { connect } from "node:tls";
import { startLoad } from "../support/load.ts";
import { startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { inboundPort, startStore } from "../support/store.ts";

test("leaves and issuer rotate under load with no failed request (R2)", async (t) => {
  // Leaves of 12 s renew at half their life: several generations within this test.
  const mesh = await startMesh(t, { MESHCTL_LEAF_TTL_SECONDS: "12" });
  const store = await startStore(mesh);
  const port = inboundPort(await mesh.waitReady("api1"));
  const under = startLoad({ port: store.toApi, path: "/items", headers: { host: "api" }, connections: 8, limitMs: 55_000 });
  const first = await served(port);

  await t.test("by themselves, before they end", async () => {
    const second = await another(port, first);
    assert.ok(new Date(second.validFrom) > new Date(first.validFrom));
    await another(port, second);
  });

  await t.test("one workload on request", async () => {
    const before = await served(port);
    const said = await mesh.ok(["cert", "rotate", "api1"]);
    assert.match(said.toLowerCase(), new RegExp(before.serialNumber.toLowerCase().replace(/^0+/, "").slice(0, 8)));
    await another(port, before);
  });

  await t.test("the issuer on request", async () => {
    const before = JSON.parse(await mesh.ok(["cert", "status", "-o", "json"])) as { issuer: { serial: string } };
    await mesh.ok(["cert", "rotate", "--issuer"]);
    const after = JSON.parse(await mesh.ok(["cert", "status", "-o", "json"])) as { issuer: { serial: string } };
    assert.notEqual(after.issuer.serial, before.issuer.serial);
    const leaf = await served(port);
    await waitFor(
      "a leaf of the new issuer",
      async () => (await served(port)).issuer !== leaf.issuer || (await issuedBy(mesh, leaf)),
      10_000,
    );
  });

  const { outcomes, requests } = await under.stop();
  t.diagnostic(`${requests} requests meanwhile`);
  assert.deepEqual(Object.keys(outcomes), ["200"], JSON.stringify(outcomes));
});

async function issuedBy(mesh: TestMesh, leaf: X509Certificate): Promise<boolean> {
  const { body } = await mesh.api("GET", "/meshctl/v1/certificates/issued");
  return JSON.stringify(body).toLowerCase().includes(leaf.serialNumber.toLowerCase().replace(/^0+/, ""));
}

/** The certificate a mesh port presents; the handshake needs none of ours to see it. */
function served(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["meshctl/h1"] }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
      else reject(new Error("no certificate"));
    });
    socket.on("error", reject);
  });
}

function another(port: number, than: X509Certificate): Promise<X509Certificate> {
  return waitFor(
    "another certificate",
    async () => {
      const now = await served(port);
      return now.serialNumber === than.serialNumber ? null : now;
    },
    15_000,
  );
}
