import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { formatContexts } from "../../../src/home/contexts.ts";
import { readContexts, writeContexts } from "../../../src/home/contexts-file.ts";
import { readControllerRecord } from "../../../src/home/controller-file.ts";
import { inspectHome } from "../../../src/home/inspect.ts";
import { homeLayout } from "../../../src/home/layout.ts";
import { createMemoryDir, sweepMemoryDirs } from "../../../src/home/memory-dir.ts";
import { prepareHome } from "../../../src/home/prepare.ts";
import { UserError } from "../../../src/lib/errors.ts";

const uid = process.getuid?.();

function temporary(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "meshctl-home-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("a fresh home is private, and preparing it twice is fine", (t) => {
  const layout = homeLayout(join(temporary(t), "deep", "home"));
  prepareHome(layout, uid);
  prepareHome(layout, uid);
  for (const path of [layout.root, layout.local, layout.runDir, dirname(layout.adminTokenFile), dirname(layout.controllerLog)]) {
    assert.equal(statSync(path).mode & 0o777, 0o700, path);
  }
  assert.deepEqual(inspectHome(layout, uid), []);
});

test("a home open to others is refused with the command that closes it", (t) => {
  const root = join(temporary(t), "home");
  mkdirSync(root);
  chmodSync(root, 0o755);
  assert.throws(
    () => prepareHome(homeLayout(root), uid),
    (error) => error instanceof UserError && error.hint === `chmod 700 ${root}` && error.message.includes("mode 0755"),
  );
  assert.equal(statSync(root).mode & 0o777, 0o755, "it is not changed behind the user's back");
});

test("a key file open to others is found", (t) => {
  const layout = homeLayout(join(temporary(t), "home"));
  prepareHome(layout, uid);
  writeFileSync(join(layout.caDir, "root.key"), "x");
  chmodSync(join(layout.caDir, "root.key"), 0o644);
  assert.deepEqual(
    inspectHome(layout, uid).map(({ fix }) => fix),
    [`chmod 600 ${join(layout.caDir, "root.key")}`],
  );
});

test("a home that is a file, below a file, a link, or another user's is refused", (t) => {
  const base = temporary(t);
  writeFileSync(join(base, "file"), "");
  mkdirSync(join(base, "real"), { mode: 0o700 });
  symlinkSync(join(base, "real"), join(base, "link"));
  const cases: readonly [string, number | undefined, RegExp][] = [
    [join(base, "file"), uid, /is not a directory/],
    [join(base, "file", "home"), uid, /cannot be written/],
    [join(base, "link"), uid, /symbolic link/],
    [join(base, "real"), (uid ?? 0) + 1, /belongs to user/],
  ];
  for (const [root, asUid, message] of cases) {
    assert.throws(
      () => prepareHome(homeLayout(root), asUid),
      (error) => error instanceof UserError && message.test(error.message) && Boolean(error.hint),
    );
  }
});

test("contexts go to the file and back, closed to others", async (t) => {
  const layout = homeLayout(temporary(t));
  assert.deepEqual(readContexts(layout), { currentContext: null, contexts: [] });
  const file = { currentContext: "local", contexts: [{ name: "local", platform: "local" as const, server: "https://127.0.0.1:15014" }] };
  await writeContexts(layout, file);
  assert.equal(formatContexts(readContexts(layout)), formatContexts(file));
  assert.equal(statSync(layout.configFile).mode & 0o777, 0o600);
});

test("a controller record is read only when it is one", (t) => {
  const layout = homeLayout(temporary(t));
  prepareHome(layout, uid);
  assert.equal(readControllerRecord(layout), null);
  for (const text of ["", "{", "null", '{"pid":1}', '{"pid":1,"discoveryPort":0,"httpsPort":70000}']) {
    writeFileSync(layout.controllerFile, text);
    assert.equal(readControllerRecord(layout), null, text);
  }
  const record = { pid: 7, startedAt: "2026-01-01T00:00:00Z", discoveryPort: 1, httpsPort: 2, version: "0.1.0" };
  writeFileSync(layout.controllerFile, JSON.stringify(record));
  assert.deepEqual(readControllerRecord(layout), record);
});

test("a place in memory is fresh, private, one per home and instance, and swept", {
  skip: process.platform !== "linux" && "no tmpfs",
}, (t) => {
  const input = { env: {}, uid, root: temporary(t) };
  const other = { env: {}, uid, root: temporary(t) };
  t.after(() => {
    sweepMemoryDirs(input, []);
    sweepMemoryDirs(other, []);
  });
  const path = createMemoryDir(input, "default/api1") ?? "";
  assert.equal(statSync(path).mode & 0o777, 0o700);
  writeFileSync(join(path, "leaf.key"), "old");
  assert.equal(createMemoryDir(input, "default/api1"), path);
  assert.throws(() => statSync(join(path, "leaf.key")), "what an earlier run left is gone");
  const second = createMemoryDir(input, "default/api2") ?? "";
  const foreign = createMemoryDir(other, "default/api1") ?? "";
  assert.equal(new Set([path, second, foreign]).size, 3);
  sweepMemoryDirs(input, ["default/api2"]);
  assert.deepEqual([path, second, foreign].map(existsSync), [false, true, true]);
});
