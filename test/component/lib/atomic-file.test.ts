import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeFileAtomic, writeFileAtomicSync } from "../../../src/lib/atomic-file.ts";

const folder = mkdtempSync(join(tmpdir(), "meshctl-atomic-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("replaces the content and sets the mode whatever the umask and the old file's mode", async () => {
  const path = join(folder, "state.json");
  writeFileSync(path, "old", { mode: 0o644 });
  await writeFileAtomic(path, "new");
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileAtomicSync(path, new Uint8Array([1, 2]), 0o640);
  assert.deepEqual([...readFileSync(path)], [1, 2]);
  assert.equal(statSync(path).mode & 0o777, 0o640);
});

test("many writers at once: one of them wins whole, no temporary file stays", async () => {
  const path = join(folder, "race");
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  assert.ok(contents.includes(readFileSync(path, "utf8")));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("a failure leaves what was there and nothing beside it", async () => {
  const missing = join(folder, "no", "such", "folder");
  await assert.rejects(writeFileAtomic(missing, "x"), { code: "ENOENT" });
  assert.throws(() => writeFileAtomicSync(missing, "x"), { code: "ENOENT" });
  const occupied = join(folder, "occupied");
  await writeFileAtomic(join(folder, "keep"), "kept");
  mkdirSync(join(occupied, "child"), { recursive: true });
  await assert.rejects(writeFileAtomic(occupied, "x"));
  assert.throws(() => writeFileAtomicSync(occupied, "x"));
  assert.deepEqual(readdirSync(folder).sort(), ["keep", "occupied", "race", "state.json"]);
});
