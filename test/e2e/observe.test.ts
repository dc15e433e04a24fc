import assert from "node:assert/strict";
import { test } from "node:test";
import { isRunning, startMesh, waitFor } from "../support/mesh.ts";
import { startApi } from "../support/store.ts";

interface ProxyRow {
  readonly instance: string;
  readonly connected: boolean;
  readonly sync: Readonly<Record<string, string>>;
}

test("proxy-status and check tell what is, and say what broke", async (t) => {
  const mesh = await startMesh(t);
  await startApi(mesh, "api1", "v1");
  const { status } = await mesh.waitReady("api1");
  const proxyPid = status?.proxyPid ?? 0;

  await t.test("all is well", async () => {
    await waitFor("a synced proxy", async () =>
      /api1 +default +\S+ +SYNCED +NOT SENT +NOT SENT +SYNCED +SYNCED/.test(await mesh.ok(["proxy-status"])),
    );
    const { code, stdout } = await mesh.meshctl(["check"]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /√ every proxy has acknowledged its configuration/);
    assert.doesNotMatch(stdout, /×/);
  });

  await t.test("a proxy that stands still is STALE, then named by check; both recover with it", async () => {
    process.kill(proxyPid, "SIGSTOP");
    try {
      // Something to acknowledge: an inbound policy of this very workload.
      await mesh.ok(["fault", "abort", "workload/api1", "--percent", "1"]);
      await waitFor("STALE", async () => (await proxies(mesh)).some(({ sync }) => sync.Inbound === "STALE"), 12_000);
      const { code, stdout } = await mesh.meshctl(["check", "-o", "short"]);
      assert.equal(code, 1);
      assert.match(stdout, /× every proxy has acknowledged its configuration[\s\S]*api1[\s\S]*→/);
    } finally {
      process.kill(proxyPid, "SIGCONT");
    }
    await mesh.waitReady("api1");
    await waitFor("SYNCED again", async () => (await proxies(mesh)).every(({ sync }) => sync.Inbound === "SYNCED"), 12_000);
    await mesh.ok(["fault", "clear", "workload/api1"]);
    const { code, stdout } = await mesh.meshctl(["check", "--wait", "10s"]);
    assert.equal(code, 0, stdout);
  });

  await t.test("a dead controller fails check, for machines too", async () => {
    const { pid } = mesh.controller();
    process.kill(pid, "SIGKILL");
    await waitFor("its end", () => !isRunning(pid));
    const table = await mesh.meshctl(["check"]);
    assert.equal(table.code, 1);
    assert.match(table.stdout, /× the controller process runs[\s\S]*→ .*meshctl/);
    const json = await mesh.meshctl(["check", "-o", "json"]);
    assert.equal(json.code, 1);
    assert.equal((JSON.parse(json.stdout) as { success: boolean }).success, false);
    const junit = await mesh.meshctl(["check", "-o", "junit"]);
    assert.match(junit.stdout, /^<\?xml[\s\S]*<testsuites[\s\S]*<failure/);
    const status = await mesh.meshctl(["proxy-status"]);
    assert.equal(status.code, 3);
    assert.match(status.stderr, /meshctl (local start|install --local)/);
  });
});

async function proxies(mesh: { ok(args: readonly string[]): Promise<string> }): Promise<readonly ProxyRow[]> {
  const value = JSON.parse(await mesh.ok(["proxy-status", "-o", "json"])) as { items?: readonly ProxyRow[] } | readonly ProxyRow[];
  return Array.isArray(value) ? value : ((value as { items?: readonly ProxyRow[] }).items ?? []);
}
