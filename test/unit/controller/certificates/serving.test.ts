import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createServingIdentity, type ServingCredentials, type ServingIdentity } from "../../../../src/controller/certificates/serving.ts";
import { type MemoryCa, memoryCa } from "../../ca/memory.ts";

const HOUR = 3_600_000;

async function serve(mesh: MemoryCa): Promise<{ serving: ServingIdentity; failures: unknown[] }> {
  const failures: unknown[] = [];
  const serving = await createServingIdentity({ ca: mesh.ca, clock: mesh.clock, failed: (error) => failures.push(error) });
  return { serving, failures };
}

function renewed(serving: ServingIdentity): Promise<ServingCredentials> {
  return new Promise((resolve) => {
    const end = serving.onRenew((credentials) => {
      end();
      resolve(credentials);
    });
  });
}

test("the controller's leaf has its identity, names for this machine, and its issuer beside it", async () => {
  const { serving } = await serve(await memoryCa());
  const { chainPem, keyPem, rootsPem } = serving.current();
  const leaf = new X509Certificate(chainPem);
  assert.equal(
    leaf.subjectAltName,
    "URI:spiffe://cluster.local/ns/meshctl-system/sa/meshctl-controller, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
  );
  assert.ok(leaf.checkHost("localhost"));
  assert.ok(leaf.checkIP("127.0.0.1"));
  assert.equal(chainPem.match(/BEGIN/g)?.length, 2);
  assert.match(keyPem, /BEGIN PRIVATE KEY/);
  assert.match(rootsPem, /BEGIN CERTIFICATE/);
  serving.close();
});

test("it is renewed at half its life, with a new key", async () => {
  const mesh = await memoryCa({ leafMs: HOUR, maxClientMs: HOUR });
  const { serving } = await serve(mesh);
  const before = serving.current();
  mesh.clock.advance(HOUR / 2 - 1000);
  assert.equal(serving.current(), before);
  const next = renewed(serving);
  mesh.clock.advance(1000);
  const after = await next;
  assert.notEqual(after.serial, before.serial);
  assert.notEqual(after.keyPem, before.keyPem);
  assert.equal(serving.current(), after);
  assert.deepEqual(
    mesh.ca.issued().map(({ via, state }) => `${via} ${state}`),
    ["controller current", "controller superseded"],
  );
  serving.close();
});

test("it is renewed when the issuer changes", async () => {
  const mesh = await memoryCa();
  const { serving } = await serve(mesh);
  const next = renewed(serving);
  await mesh.ca.rotateIssuer();
  const leaf = new X509Certificate((await next).chainPem);
  assert.match(leaf.issuer, new RegExp(mesh.ca.issuer().subject.text.split("CN=")[1] ?? ""));
  serving.close();
});

test("a renewal that fails is said, and tried again", async () => {
  const mesh = await memoryCa({ leafMs: HOUR, maxClientMs: HOUR });
  const { serving, failures } = await serve(mesh);
  const append = mesh.log.append.bind(mesh.log);
  const failed = new Promise<void>((resolve) => {
    mesh.log.append = async () => {
      setImmediate(resolve);
      throw new Error("disk full");
    };
  });
  const before = serving.current();
  mesh.clock.advance(HOUR / 2);
  await failed;
  assert.match(String(failures[0]), /disk full/);
  assert.equal(serving.current(), before);
  mesh.log.append = append;
  const next = renewed(serving);
  mesh.clock.advance(5_000);
  assert.notEqual((await next).serial, before.serial);
  serving.close();
  assert.equal(mesh.clock.pending, 1, "only the CA's own timer is left");
});
