import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createFileAuditSink, createFileRecordLog, createFileSecretStore } from "../../../src/ca/backends/files.ts";
import { IssuanceLog } from "../../../src/ca/issuance-log.ts";
import { openFileCa } from "../../support/file-ca.ts";

let dir = "";
before(() => {
  dir = mkdtempSync(join(tmpdir(), "meshctl-ca-files-"));
});
after(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("secrets: directory 0700, files 0600, whole or not at all", async () => {
  const directory = join(dir, "secrets");
  const store = createFileSecretStore(directory);
  assert.equal(await store.read("a.key"), null);
  await store.write("a.key", Buffer.from("one"));
  await store.write("a.key", Buffer.from("two"));
  assert.equal(String(await store.read("a.key")), "two");
  assert.equal(modeOf(directory), 0o700);
  assert.equal(modeOf(join(directory, "a.key")), 0o600);
  assert.deepEqual(readdirSync(directory), ["a.key"], "no temporary file is left");
  await assert.rejects(store.read("../escape"), /not a name/);
});

test("a secret others can read is refused with the command that mends it", async () => {
  const directory = join(dir, "open");
  const store = createFileSecretStore(directory);
  await store.write("a.key", Buffer.from("x"));
  chmodSync(join(directory, "a.key"), 0o644);
  await assert.rejects(store.read("a.key"), /open to other users \(mode 0644\)/);
});

test("a line that a crash left half written is dropped, whole ones stay", async () => {
  const path = join(dir, "torn.jsonl");
  const first = createFileRecordLog(path);
  assert.deepEqual(await first.load(), []);
  await Promise.all([first.append('{"n":1}'), first.append('{"n":2}')]);
  await first.close();
  appendFileSync(path, '{"n":3');
  const second = createFileRecordLog(path);
  assert.deepEqual(await second.load(), ['{"n":1}', '{"n":2}']);
  await second.append('{"n":4}');
  await second.close();
  assert.equal(readFileSync(path, "utf8"), '{"n":1}\n{"n":2}\n{"n":4}\n');
  assert.equal(modeOf(path), 0o600);
});

test("appends after a replacement go to the new file", async () => {
  const log = createFileRecordLog(join(dir, "replaced.jsonl"));
  await log.load();
  await log.append("old");
  await Promise.all([log.replace(["kept"]), log.append("new")]);
  assert.deepEqual(await log.load(), ["kept", "new"]);
  await log.close();
});

test("a whole line that is no record stops the CA with its number", async () => {
  const path = join(dir, "bad.jsonl");
  writeFileSync(path, '{"serial":"01","notAfterMs":1}\nnonsense\n', { mode: 0o600 });
  await assert.rejects(IssuanceLog.open(createFileRecordLog(path)), /line 2 is not a record/);
});

test("the audit log is bounded: five files, the oldest goes", async () => {
  const directory = join(dir, "audit");
  const sink = createFileAuditSink(directory, assert.ifError, 1_000);
  const time = new Date(0).toISOString();
  for (let number = 0; number < 100; number += 1) await sink.write({ time, event: "issued", serial: String(number).padStart(40, "0") });
  await sink.close();
  assert.deepEqual(readdirSync(directory).sort(), ["ca.1.jsonl", "ca.2.jsonl", "ca.3.jsonl", "ca.4.jsonl", "ca.jsonl"]);
  const last = readFileSync(join(directory, "ca.jsonl"), "utf8").trim().split("\n").at(-1) ?? "";
  assert.equal((JSON.parse(last) as { serial: string }).serial, "99".padStart(40, "0"));
  for (const name of readdirSync(directory)) {
    assert.ok(statSync(join(directory, name)).size <= 1_000);
    assert.equal(modeOf(join(directory, name)), 0o600);
  }
});

test("the CA in files: what is there after opening, and that it is found again", async () => {
  const directory = join(dir, "whole");
  const first = await openFileCa(directory);
  const { token } = await first.tokens.create("spiffe://cluster.local/ns/default/sa/web", "default/web-1");
  await first.ca.audit({ event: "ca-created" });
  await first.ca.close();
  const files = readdirSync(join(directory, "ca")).sort();
  assert.deepEqual(files, ["authority.json", "issued.jsonl", "join-token.key"]);
  for (const name of files) assert.equal(modeOf(join(directory, "ca", name)), 0o600, name);
  const second = await openFileCa(directory);
  assert.deepEqual(second.ca.roots(), first.ca.roots());
  assert.equal((await second.tokens.verify(token)).ok, true);
  await second.ca.close();
  assert.match(readFileSync(join(directory, "audit", "ca.jsonl"), "utf8"), /"event":"ca-created"/);
});
