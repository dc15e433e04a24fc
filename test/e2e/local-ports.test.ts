import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { ProxyStatus } from "../../src/api/contract.ts";
import { load } from "../support/load.ts";
import { isRunning, startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { startApi, startStore } from "../support/store.ts";

test("a controller that comes back on other ports is found by every workload within 10 s", async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const items = { port: store.toApi, path: "/items", headers: { host: "api" } };
  const before = mesh.controller();
  process.kill(before.pid, "SIGKILL");
  await waitFor("the controller's end", () => !isRunning(before.pid));
  await Promise.all([takePort(t, before.httpsPort), takePort(t, before.discoveryPort)]);
  assert.deepEqual((await load({ ...items, count: 50 })).outcomes, { 200: 50 }, "traffic goes on without it");

  await mesh.ok(["install", "--local"]);
  const after = mesh.controller();
  assert.ok(after.httpsPort !== before.httpsPort && after.discoveryPort !== before.discoveryPort);
  const startedMs = performance.now();
  await waitFor("every proxy and every lease", async () => (await connected(mesh)).length === 3 && (await leased(mesh)) === 3, 10_000);
  console.log(`found ${Math.round(performance.now() - startedMs)} ms after the controller was healthy again`);
  for (const { clockSkewMs } of await connected(mesh)) assert.ok(clockSkewMs !== null && Math.abs(clockSkewMs) < 5_000);

  await t.test("what changes from now on reaches them, and a restarted sidecar finds it too", async () => {
    await mesh.ok(["fault", "abort", "api", "--status", "503", "--percent", "100"]);
    await waitFor("the fault", async () => (await load({ ...items, count: 1 })).outcomes[503] === 1, 3_000);
    await mesh.ok(["fault", "clear", "api"]);
    const { status } = (await mesh.workload("api1")) ?? {};
    process.kill(status?.proxyPid ?? 0, "SIGKILL");
    await waitFor("another sidecar", async () => {
      const now = (await mesh.workload("api1"))?.status;
      return now?.proxyPid !== undefined && now.proxyPid !== status?.proxyPid && now.ready.length === 1;
    });
    await waitFor("its connection", async () => (await connected(mesh)).length === 3);
    await startApi(mesh, "api3", "v3");
  });
});

/** Holds a port as a program that has nothing to do with us would: it accepts and says nothing. */
async function takePort(t: TestContext, port: number): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  // A killed process has its last sockets for a moment longer than its number.
  await waitFor(`port ${port}`, async () => {
    server.listen(port, "127.0.0.1");
    return once(server, "listening").catch(() => null);
  });
}

async function connected(mesh: TestMesh): Promise<readonly ProxyStatus[]> {
  const { body } = await mesh.api("GET", "/meshctl/v1/proxies");
  return (body as readonly ProxyStatus[]).filter((proxy) => proxy.connected && proxy.clockSkewMs !== null);
}

/** Workloads whose lease was renewed since the controller came back. */
async function leased(mesh: TestMesh): Promise<number> {
  const { body } = await mesh.api("GET", "/apis/meshctl.dev/v1alpha1/namespaces/default/workloads");
  const started = Date.parse(mesh.controller().startedAt);
  const { items } = body as { items: { status?: { renewTime?: string } }[] };
  return items.filter(({ status }) => Date.parse(status?.renewTime ?? "") > started).length;
}
