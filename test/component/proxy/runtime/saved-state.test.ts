import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { formatIdentity, parseIdentity } from "../../../../src/proxy/runtime/saved-identity.ts";
import { SAVED, savedInDirectory, savedWithSupervisor } from "../../../../src/proxy/runtime/saved-state.ts";
import { TestMesh, WEB } from "../pki.ts";
import { until } from "../sides.ts";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "meshctl-saved-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe("saved state in a directory", () => {
  it("is there for nobody else, and the last write wins", async (t) => {
    const path = join(directory(t), "instance");
    // A name is there before its directory is synced: the end of the test may come between.
    const state = savedInDirectory(path, () => {});
    assert.equal(state.read(SAVED.IDENTITY), null);
    for (let count = 0; count < 20; count += 1) state.write(SAVED.IDENTITY, `{"count":${count}}`);
    await until("the last one is there", () => state.read(SAVED.IDENTITY) === '{"count":19}');
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(join(path, SAVED.IDENTITY)).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(path), [SAVED.IDENTITY]);
  });

  it("closes a directory that was open to others", (t) => {
    const path = directory(t);
    chmodSync(path, 0o755);
    savedInDirectory(path, assert.fail);
    assert.equal(statSync(path).mode & 0o777, 0o700);
  });

  it("tells when it cannot write, and goes on", async (t) => {
    const path = directory(t);
    const said: string[] = [];
    const state = savedInDirectory(path, (message) => said.push(message));
    rmSync(path, { recursive: true });
    state.write(SAVED.IDENTITY, "x");
    await until("it is told", () => said.length === 1);
    assert.match(said[0] ?? "", /cannot save identity\.json/);
  });
});

describe("saved state with the supervisor", () => {
  it("goes out as it changes and comes back as it was", () => {
    const sent: Record<string, string> = {};
    savedWithSupervisor({}, (name, base64) => {
      sent[name] = base64;
    }).write(SAVED.CONFIGURATION, "[ü]");
    assert.equal(savedWithSupervisor(sent, assert.fail).read(SAVED.CONFIGURATION), "[ü]");
    assert.equal(savedWithSupervisor(sent, assert.fail).read(SAVED.IDENTITY), null);
  });
});

describe("a saved identity", () => {
  const mesh = new TestMesh();
  const expected = { identity: WEB, trustDomain: "cluster.local", nowMs: Date.now() };

  it("is used again when it is ours, valid and vouched for", () => {
    const leaf = mesh.issue(WEB);
    assert.deepEqual(parseIdentity(formatIdentity(leaf, mesh.rootPem), expected)?.credentials.serial, leaf.serial);
  });

  it("is nothing when it has ended, is of another workload or root, or is damaged", () => {
    const good = formatIdentity(mesh.issue(WEB), mesh.rootPem);
    const ended = mesh.issue(WEB, { notBeforeMs: Date.now() - 100_000, notAfterMs: Date.now() - 5_000 });
    for (const text of [
      null,
      "",
      "{}",
      good.slice(0, -40),
      formatIdentity(ended, mesh.rootPem),
      formatIdentity(mesh.issue("spiffe://cluster.local/ns/default/sa/api"), mesh.rootPem),
      formatIdentity(mesh.issue(WEB), new TestMesh("other").rootPem),
      formatIdentity({ ...mesh.issue(WEB), keyPem: mesh.issue(WEB).keyPem }, mesh.rootPem),
    ]) {
      assert.equal(parseIdentity(text, expected), null);
    }
  });
});
