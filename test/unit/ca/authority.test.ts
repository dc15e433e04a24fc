import assert from "node:assert/strict";
import { test } from "node:test";
import type { IssuedLeaf, LeafRequest } from "../../../src/ca/authority.ts";
import { readCertificate } from "../../../src/identity/certificate-reader.ts";
import { createCsr } from "../../../src/identity/csr.ts";
import { createTrustBundle } from "../../../src/identity/trust-bundle.ts";
import { verifyPeerChain } from "../../../src/identity/verify-chain.ts";
import { newKey } from "../identity/pki.ts";
import { type MemoryCa, memoryCa, NOW, WEB } from "./memory.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function request(changes: Partial<LeafRequest> = {}): LeafRequest {
  return { csr: createCsr(newKey(), WEB), identity: WEB, instance: "default/web-1", via: "join-token", ...changes };
}

async function issue(mesh: MemoryCa, changes: Partial<LeafRequest> = {}): Promise<IssuedLeaf> {
  const prepared = await mesh.ca.prepare(request(changes));
  if (!prepared.ok) throw new Error(`${prepared.code}: ${prepared.message}`);
  const issued = await mesh.ca.issue(prepared.ticket);
  if (!issued.ok) throw new Error(issued.code);
  return issued;
}

async function refusal(mesh: MemoryCa, changes: Partial<LeafRequest>): Promise<string> {
  const lines = mesh.log.lines.length;
  const prepared = await mesh.ca.prepare(request(changes));
  if (prepared.ok) return "prepared";
  assert.equal(mesh.log.lines.length, lines, "nothing was issued");
  const last = mesh.audit.entries.at(-1);
  assert.equal(last?.event, "refused");
  assert.equal(last?.code, prepared.code, "the audit log says why");
  return prepared.code;
}

test("a leaf lives a day, is backdated a minute, and chains to the root", async () => {
  const mesh = await memoryCa();
  const { chain, record } = await issue(mesh);
  const leaf = readCertificate(chain[0] as Buffer);
  assert.equal(leaf.notBeforeMs, NOW - 60_000);
  assert.equal(leaf.notAfterMs, NOW + DAY);
  assert.equal(leaf.subject.text, "");
  assert.equal(record.serial, leaf.serial);
  const bundle = createTrustBundle("cluster.local", mesh.ca.roots());
  const verdict = verifyPeerChain(chain, () => bundle, NOW);
  assert.equal(verdict.ok && verdict.identity, WEB);
});

test("the record is in the log before the certificate is out", async () => {
  const mesh = await memoryCa();
  const prepared = await mesh.ca.prepare(request());
  assert.ok(prepared.ok);
  let letGo = () => {};
  const append = mesh.log.append.bind(mesh.log);
  mesh.log.append = async (line) => {
    await new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await append(line);
  };
  let answered = false;
  const answer = mesh.ca.issue(prepared.ticket).then((issued) => {
    answered = true;
    return issued;
  });
  await new Promise(setImmediate);
  assert.equal(answered, false);
  letGo();
  const issued = await answer;
  assert.ok(issued.ok);
  assert.match(mesh.log.lines.join(), new RegExp(issued.record.serial));
});

test("a log that cannot be written means no certificate", async () => {
  const mesh = await memoryCa();
  mesh.log.append = async () => {
    throw new Error("disk full");
  };
  await assert.rejects(issue(mesh), /disk full/);
  assert.equal(mesh.ca.issued().length, 0);
});

test("a ticket is good for one redemption, within 30 s", async () => {
  const mesh = await memoryCa();
  const prepared = await mesh.ca.prepare(request());
  assert.ok(prepared.ok);
  assert.equal((await mesh.ca.issue(prepared.ticket)).ok, true);
  for (const ticket of [prepared.ticket, "invented"]) {
    const again = await mesh.ca.issue(ticket);
    assert.equal(again.ok ? "issued" : again.code, "ticket-unknown");
    assert.equal(mesh.audit.entries.at(-1)?.code, "ticket-unknown");
  }
  const late = await mesh.ca.prepare(request());
  assert.ok(late.ok);
  mesh.clock.advance(30_000);
  const answer = await mesh.ca.issue(late.ticket);
  assert.equal(answer.ok ? "issued" : answer.code, "ticket-unknown");
  assert.equal(mesh.log.lines.length, 1);
});

test("open tickets are bounded", async () => {
  const mesh = await memoryCa();
  const csr = createCsr(newKey(), WEB);
  for (let count = 0; count < 1024; count += 1) assert.ok((await mesh.ca.prepare(request({ csr }))).ok);
  assert.equal(await refusal(mesh, { csr }), "busy");
  mesh.clock.advance(30_001);
  assert.equal((await mesh.ca.prepare(request({ csr }))).ok, true, "old ones make room");
});

test("identities that are not this CA's to give are refused", async () => {
  const mesh = await memoryCa();
  const cases: [identity: string, code: string][] = [
    ["spiffe://other.example/ns/default/sa/web", "identity-not-allowed"],
    ["spiffe://cluster.local/ns/meshctl-system/sa/meshctl-controller", "identity-not-allowed"],
    ["spiffe://cluster.local", "identity-not-allowed"],
    ["spiffe://cluster.local/admin", "identity-not-allowed"],
    ["spiffe://cluster.local/ns/default/sa/../web", "identity-not-allowed"],
    ["spiffe://Cluster.local/ns/default/sa/web", "identity-not-allowed"],
    ["web", "identity-not-allowed"],
  ];
  for (const [identity, code] of cases) {
    for (const via of ["join-token", "admin", "leaf"] as const) {
      assert.equal(await refusal(mesh, { identity, via, csr: createCsr(newKey(), identity) }), code, identity);
    }
  }
});

test("requests for more than the identity proven are refused", async () => {
  const mesh = await memoryCa();
  assert.equal(await refusal(mesh, { csr: createCsr(newKey(), "spiffe://cluster.local/ns/default/sa/api") }), "csr-identity");
  assert.equal(await refusal(mesh, { csr: "hello" }), "csr-malformed");
  assert.equal(await refusal(mesh, { csr: "x".repeat(70_000) }), "csr-too-large");
});

test("lifetimes: workloads get at most the profile's, administrators what they ask for or nothing", async () => {
  const mesh = await memoryCa();
  const life = async (changes: Partial<LeafRequest>) => (await issue(mesh, changes)).record.notAfterMs - NOW;
  assert.equal(await life({ ttlMs: 60_000 }), 60_000);
  assert.equal(await life({ ttlMs: 100 * DAY }), DAY);
  assert.equal(await life({ via: "admin", instance: "" }), HOUR);
  assert.equal(await life({ via: "admin", instance: "", ttlMs: DAY }), DAY);
  assert.equal(await refusal(mesh, { via: "admin", ttlMs: DAY + 1000 }), "lifetime");
  for (const ttlMs of [0, -1, 4_999, Number.NaN]) assert.equal(await refusal(mesh, { ttlMs }), "lifetime");
});

test("the CA's own keys are not certified for anybody", async () => {
  const mesh = await memoryCa();
  const { createPrivateKey } = await import("node:crypto");
  const stored = JSON.parse(String(mesh.secrets.values.get("authority.json"))) as { root: { key: string }; issuer: { key: string } };
  for (const { key } of [stored.root, stored.issuer]) {
    assert.equal(await refusal(mesh, { csr: createCsr(createPrivateKey(key), WEB) }), "csr-weak-key");
  }
});

test("the issuer replaces itself at half its life; what the old one signed stays good", async () => {
  const mesh = await memoryCa({ leafMs: HOUR, maxClientMs: HOUR, issuerMs: 10 * HOUR, rootMs: 100 * HOUR });
  const bundle = createTrustBundle("cluster.local", mesh.ca.roots());
  const before = mesh.ca.issuer();
  assert.equal(mesh.ca.issuerRotatesAtMs(), NOW + 5 * HOUR);
  mesh.clock.advance(5 * HOUR - 1000);
  const old = await issue(mesh);
  assert.equal(mesh.ca.issuer().serial, before.serial);
  let heard = 0;
  mesh.ca.onIssuerChange(() => {
    heard += 1;
  });
  const changed = new Promise<void>((resolve) => mesh.ca.onIssuerChange(resolve));
  mesh.clock.advance(601_000);
  await changed;
  assert.equal(heard, 1);
  assert.notEqual(mesh.ca.issuer().serial, before.serial);
  assert.equal(mesh.ca.issuer().notAfterMs, mesh.clock.nowMs() + 10 * HOUR - ((mesh.clock.nowMs() + 10 * HOUR) % 1000));
  const fresh = await issue(mesh);
  for (const { chain } of [old, fresh]) assert.equal(verifyPeerChain(chain, () => bundle, mesh.clock.nowMs()).ok, true);
  assert.notEqual(old.record.issuerSerial, fresh.record.issuerSerial);
  assert.ok(mesh.audit.entries.some(({ event }) => event === "issuer-rotated"));
});

test("a machine that slept past the issuer's time gets a new one with the next request", async () => {
  const mesh = await memoryCa({ leafMs: HOUR, maxClientMs: HOUR, issuerMs: 10 * HOUR, rootMs: 100 * HOUR });
  const before = mesh.ca.issuer().serial;
  await mesh.ca.close();
  mesh.clock.advance(9.5 * HOUR);
  const { record } = await issue(mesh);
  assert.notEqual(mesh.ca.issuer().serial, before);
  assert.equal(record.notAfterMs, mesh.clock.nowMs() + HOUR);
});

test("many who need a new issuer at once get one", async () => {
  const mesh = await memoryCa();
  const before = mesh.ca.issuer().serial;
  await Promise.all([mesh.ca.rotateIssuer(), mesh.ca.rotateIssuer(), mesh.ca.rotateIssuer()]);
  assert.notEqual(mesh.ca.issuer().serial, before);
  assert.equal(mesh.audit.entries.filter(({ event }) => event === "issuer-rotated").length, 1);
});

test("near the root's end an issuer is cut to it, and leaves past it are refused", async () => {
  const mesh = await memoryCa({ leafMs: HOUR, maxClientMs: HOUR, issuerMs: 10 * HOUR, rootMs: 20 * HOUR });
  mesh.clock.advance(19.5 * HOUR);
  assert.equal(await refusal(mesh, {}), "lifetime");
  assert.equal((await issue(mesh, { ttlMs: 60_000 })).ok, true);
});

test("the list says what is current, superseded and expired, and forgets what is long gone", async () => {
  const mesh = await memoryCa({ leafMs: HOUR, maxClientMs: HOUR });
  const states = () => mesh.ca.issued().map(({ state, instance }) => `${instance} ${state}`);
  await issue(mesh);
  mesh.clock.advance(1000);
  await issue(mesh, { instance: "default/web-2" });
  mesh.clock.advance(1000);
  await issue(mesh, { via: "leaf" });
  assert.deepEqual(states(), ["default/web-1 current", "default/web-2 current", "default/web-1 superseded"]);
  mesh.clock.advance(HOUR);
  assert.deepEqual(states(), ["default/web-1 current", "default/web-2 expired", "default/web-1 expired"]);
});

test("two clients of one identity outside the mesh are both current", async () => {
  const mesh = await memoryCa();
  await issue(mesh, { via: "admin", instance: "" });
  await issue(mesh, { via: "admin", instance: "" });
  assert.deepEqual(
    mesh.ca.issued().map(({ state }) => state),
    ["current", "current"],
  );
});
