import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { type CommandResult, DEMO, emptyMesh, freePort, isRunning, startMesh, TestMesh, waitFor } from "../support/mesh.ts";

/** What a user must never see. */
function noStackTrace({ stdout, stderr }: CommandResult): void {
  assert.doesNotMatch(stdout + stderr, /^\s+at .*[:(]\d+/m);
}

test("install, again, stop, start, kill -9 and install: one state, the same ports", async (t) => {
  const mesh = emptyMesh(t);
  assert.match(await mesh.ok(["install", "--local"]), /installed: .*process \d+/);
  const first = mesh.controller();
  assert.ok(isRunning(first.pid));

  await t.test("everything secret is closed to others", () => {
    assert.equal(statSync(mesh.home).mode & 0o777, 0o700);
    for (const path of [mesh.layout.configFile, mesh.layout.adminTokenFile]) assert.equal(statSync(path).mode & 0o777, 0o600, path);
    for (const name of readdirSync(mesh.layout.caDir)) assert.equal(statSync(join(mesh.layout.caDir, name)).mode & 0o077, 0, name);
  });

  await t.test("a second install finds it", async () => {
    assert.match(await mesh.ok(["install", "--local"]), /already installed/);
    assert.equal(mesh.controller().pid, first.pid);
  });

  await t.test("status and logs say what is", async () => {
    const status = JSON.parse(await mesh.ok(["local", "status", "-o", "json"])) as Record<string, unknown>;
    assert.equal(status.controller, "healthy");
    assert.equal(status.pid, first.pid);
    assert.match(await mesh.ok(["local", "status"]), /controller: healthy/);
    assert.ok((await mesh.ok(["local", "logs"])).length > 0);
    const follow = mesh.background(["local", "logs", "-f", "--tail", "1"]);
    await follow.waitForOutput(/./);
    follow.signal("SIGINT");
    assert.equal((await follow.exited).code, 0);
  });

  await mesh.api("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "kept" } });

  await t.test("stop and start keep state and ports", async () => {
    assert.match(await mesh.ok(["local", "stop"]), /stopped/);
    await waitFor("its end", () => !isRunning(first.pid));
    assert.match(await mesh.ok(["local", "stop"]), /no controller runs here/);
    const status = await mesh.meshctl(["local", "status"]);
    assert.equal(status.code, 1);
    assert.match(status.stdout, /controller: stopped/);
    assert.match(await mesh.ok(["local", "start"]), /started/);
    assert.match(await mesh.ok(["local", "start"]), /already running/);
    assert.deepEqual([mesh.controller().httpsPort, mesh.controller().discoveryPort], [first.httpsPort, first.discoveryPort]);
    assert.equal((await mesh.api("GET", "/api/v1/namespaces/kept")).status, 200);
  });

  await t.test("install over a killed controller starts it again", async () => {
    const { pid } = mesh.controller();
    process.kill(pid, "SIGKILL");
    await waitFor("its end", () => !isRunning(pid));
    assert.match(await mesh.ok(["install", "--local"]), /started/);
    assert.notEqual(mesh.controller().pid, pid);
    assert.deepEqual([mesh.controller().httpsPort, mesh.controller().discoveryPort], [first.httpsPort, first.discoveryPort]);
    assert.equal((await mesh.api("GET", "/api/v1/namespaces/kept")).status, 200);
  });

  await t.test("a controller that cannot come up is reported with the end of its log", async () => {
    await mesh.ok(["local", "stop"]);
    for (const name of readdirSync(mesh.layout.caDir)) {
      const path = join(mesh.layout.caDir, name);
      if (statSync(path).isFile()) writeFileSync(path, "garbage", { mode: 0o600 });
    }
    const result = await mesh.meshctl(["install", "--local"]);
    assert.equal(result.code, 1, result.stdout + result.stderr);
    assert.match(result.stderr, /the controller ended with exit code \d+\. The end of its log/);
    assert.match(result.stderr, /controller\.log/);
    noStackTrace(result);
  });
});

test("two installs at once make one control plane", async (t) => {
  const mesh = emptyMesh(t);
  const results = await Promise.all([mesh.meshctl(["install", "--local"]), mesh.meshctl(["install", "--local"])]);
  assert.deepEqual(
    results.map(({ code }) => code),
    [0, 0],
    results.map(({ stderr }) => stderr).join("\n"),
  );
  const said = results.map(({ stdout }) => /already installed|installed/.exec(stdout)?.[0]).sort();
  assert.deepEqual(said, ["already installed", "installed"]);
});

test("with ports 15000 to 15020 taken, others are used", async (t) => {
  const taken = await takePorts(t, 15_000, 15_020);
  const mesh = await startMesh(t);
  const { httpsPort, discoveryPort } = mesh.controller();
  // Those that were not free for us belong to other meshes, which may end at any moment.
  assert.ok(taken.size > 15);
  for (const port of [httpsPort, discoveryPort]) assert.ok(!taken.has(port), String(port));
  await mesh.ok(["get", "namespaces"]);
});

test("a state directory that cannot hold secrets is refused, with what mends it", async (t) => {
  const mesh = emptyMesh(t);
  const base = dirname(mesh.home);
  writeFileSync(join(base, "file"), "");
  mkdirSync(join(base, "open"));
  chmodSync(join(base, "open"), 0o755);
  const cases: readonly [string, RegExp][] = [
    [join(base, "open"), /open to other users \(mode 0755\)[^]*chmod 700/],
    [join(base, "file"), /is not a directory/],
    [join(base, "file", "home"), /cannot be written[^]*MESHCTL_HOME/],
    ["/proc/meshctl", /cannot be written[^]*MESHCTL_HOME/],
  ];
  for (const [home, message] of cases) {
    const result = await new TestMesh(home).meshctl(["install", "--local"]);
    assert.equal(result.code, 1, home);
    assert.match(result.stderr, message);
    noStackTrace(result);
  }
});

test("without a control plane, commands say how to get one", async (t) => {
  const mesh = emptyMesh(t);
  for (const args of [
    ["run", "web", "--", "true"],
    ["get", "workloads"],
  ]) {
    const result = await mesh.meshctl(args);
    assert.equal(result.code, 3, args.join(" "));
    assert.match(result.stderr, /meshctl install --local/);
    noStackTrace(result);
  }
  assert.equal((await mesh.meshctl(["local", "status"])).code, 1);
  assert.match(await mesh.ok(["uninstall", "--local"]), /nothing is installed/);
  assert.equal((await mesh.meshctl(["local", "start"])).code, 1);
  const nowhere = await mesh.meshctl(["install", "-y"], { env: { KUBECONFIG: join(mesh.home, "no-such-kubeconfig") } });
  assert.notEqual(nowhere.code, 0, "without --local it is for a cluster, and there is none");
  noStackTrace(nowhere);
  assert.ok(!existsSync(mesh.home), "asking makes nothing");
});

test("uninstall refuses while a workload runs, unless forced, and leaves nothing, also after the controller had to move", async (t) => {
  const mesh = await startMesh(t);
  const port = await freePort();
  const run = await mesh.run("api1", ["--service", "api:80", "--port", String(port)], ["node", join(DEMO, "api.js")]);
  const { status } = (await mesh.workload("api1")) ?? {};

  for (const args of [
    ["uninstall", "--local"],
    ["uninstall", "--local", "--dry-run"],
  ]) {
    const refused = await mesh.meshctl(args);
    assert.equal(refused.code, 4, args.join(" "));
    assert.match(refused.stdout + refused.stderr, /default\/api1/);
  }
  assert.match(await mesh.ok(["uninstall", "--local", "--dry-run", "--force"]), /would end: controller[^]*would remove/);
  assert.ok(isRunning(mesh.controller().pid));

  // Its ports are taken while it is away: it moves, and commands find it.
  const before = mesh.controller();
  await mesh.ok(["local", "stop"]);
  await takePorts(t, before.httpsPort, before.httpsPort);
  await mesh.ok(["local", "start"]);
  assert.notEqual(mesh.controller().httpsPort, before.httpsPort);
  await mesh.ok(["get", "namespaces"]);

  const { pid } = mesh.controller();
  await mesh.ok(["uninstall", "--local", "--force"]);
  assert.equal((await run.exited).code, 0, "the workload was ended in order");
  for (const gone of [pid, status?.pid ?? 0, status?.proxyPid ?? 0]) assert.ok(!isRunning(gone), String(gone));
  assert.ok(!existsSync(mesh.home));
  assert.match(await mesh.ok(["uninstall", "--local"]), /nothing is installed/);
});

/** Binds the ports of the range that are free, and says which. */
async function takePorts(t: TestContext, first: number, last: number): Promise<ReadonlySet<number>> {
  const servers: Server[] = [];
  const taken = new Set<number>();
  t.after(() => servers.forEach((server) => server.close()));
  for (let port = first; port <= last; port += 1) {
    await new Promise<void>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve());
      server.listen(port, "127.0.0.1", () => {
        servers.push(server);
        taken.add(port);
        resolve();
      });
    });
  }
  return taken;
}
