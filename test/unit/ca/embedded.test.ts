import assert from "node:assert/strict";
import { test } from "node:test";
import { openEmbeddedCa } from "../../../src/ca/backends/embedded.ts";
import { checkLifetimes, DEFAULT_LIFETIMES } from "../../../src/ca/profile.ts";
import { readCertificate } from "../../../src/identity/certificate-reader.ts";
import { PausedClock } from "../../support/paused-clock.ts";
import { memorySecrets, NOW } from "./memory.ts";

const clock = new PausedClock(NOW);
const options = (secrets = memorySecrets(), trustDomain = "cluster.local") => ({
  secrets,
  trustDomain,
  lifetimes: DEFAULT_LIFETIMES,
  clock,
});

test("the first opening makes root and issuer, later ones find them", async () => {
  const secrets = memorySecrets();
  const first = await openEmbeddedCa(options(secrets));
  assert.equal(first.created, true);
  const again = await openEmbeddedCa(options(secrets));
  assert.equal(again.created, false);
  assert.deepEqual(again.backend.authority(), first.backend.authority());
  const { roots, issuer } = first.backend.authority();
  const root = readCertificate(roots[0] as Buffer);
  assert.equal(root.notAfterMs, NOW + 3650 * 86_400_000);
  assert.deepEqual(root.extensions.basicConstraints, { ca: true, pathLength: null, critical: true });
  assert.equal(readCertificate(issuer).notAfterMs, NOW + 365 * 86_400_000);
  assert.deepEqual(readCertificate(issuer).extensions.basicConstraints, { ca: true, pathLength: 0, critical: true });
});

test("a new issuer outlives a restart and leaves the root as it was", async () => {
  const secrets = memorySecrets();
  const { backend } = await openEmbeddedCa(options(secrets));
  const before = backend.authority();
  await backend.rotateIssuer();
  assert.deepEqual(backend.authority().roots, before.roots);
  assert.notDeepEqual(backend.authority().issuer, before.issuer);
  assert.deepEqual((await openEmbeddedCa(options(secrets))).backend.authority(), backend.authority());
});

test("an issuer that could not be saved is not used", async () => {
  const secrets = memorySecrets();
  const { backend } = await openEmbeddedCa(options(secrets));
  const before = backend.authority();
  secrets.write = async () => {
    throw new Error("disk full");
  };
  await assert.rejects(backend.rotateIssuer(), /disk full/);
  assert.deepEqual(backend.authority(), before);
});

test("a CA that cannot be read, or is another domain's, is said and left alone", async () => {
  const good = memorySecrets();
  await openEmbeddedCa(options(good));
  const content = good.values.get("authority.json") ?? Buffer.alloc(0);
  const stored = JSON.parse(content.toString()) as Record<string, { certificate: string; key: string }>;
  const swapped = { ...stored, issuer: { certificate: stored.issuer?.certificate, key: stored.root?.key } };
  for (const bad of [Buffer.alloc(0), Buffer.from("{"), content.subarray(0, 500), Buffer.from(JSON.stringify(swapped))]) {
    const secrets = memorySecrets();
    await secrets.write("authority.json", bad);
    await assert.rejects(openEmbeddedCa(options(secrets)), (error: Error) => {
      assert.match(error.message, /cannot be read/);
      assert.doesNotMatch(error.message, /PRIVATE/);
      return true;
    });
    assert.equal(secrets.values.get("authority.json"), bad, "not replaced");
  }
  await assert.rejects(openEmbeddedCa(options(good, "other.example")), /is for trust domain cluster.local, not other.example/);
});

test("lifetimes that could not work are refused", () => {
  const day = 86_400_000;
  assert.throws(() => checkLifetimes({ ...DEFAULT_LIFETIMES, leafMs: 1000 }), /at least 5 s/);
  assert.throws(() => checkLifetimes({ ...DEFAULT_LIFETIMES, issuerMs: day }), /twice as long/);
  assert.throws(() => checkLifetimes({ ...DEFAULT_LIFETIMES, rootMs: 366 * day }), /root must live/);
  assert.equal(checkLifetimes(DEFAULT_LIFETIMES), DEFAULT_LIFETIMES);
});
