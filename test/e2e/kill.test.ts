import assert from "node:assert/strict";
import { test } from "node:test";
import { type LoadResult, startLoad } from "../support/load.ts";
import { startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { type Store, startApi, startStore } from "../support/store.ts";

const CONNECTIONS = 8;
const PART = 400;

test("kill -9 under load: what a healthy instance can answer is answered", { timeout: 90_000 }, async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);

  await t.test("of the application", async () => {
    const { status } = await mesh.waitReady("api2");
    const result = await loadAround(store, async () => {
      process.kill(status?.pid ?? 0, "SIGKILL");
      await store.api2.exited;
    });
    onlyInFlightFailed(result);
  });

  await t.test("of `meshctl run`", async () => {
    const run = await startApi(mesh, "api2", "v2");
    const before = await slices(mesh);
    const result = await loadAround(store, async () => {
      run.child.kill("SIGKILL");
      await waitFor("the end of its lease", async () => (await slices(mesh)) !== before, 15_000);
    });
    onlyInFlightFailed(result);
  });

  await t.test("of the sidecar", async () => {
    await startApi(mesh, "api3", "v2");
    const { status } = await mesh.waitReady("api3");
    const result = await loadAround(store, async () => {
      process.kill(status?.proxyPid ?? 0, "SIGKILL");
      await mesh.waitForWorkload("api3", (now) => now.status?.proxyPid !== status?.proxyPid && now.status?.ready.length === 1);
    });
    onlyInFlightFailed(result);
  });
});

async function slices(mesh: TestMesh): Promise<string> {
  const { items } = JSON.parse(await mesh.ok(["get", "endpointslices", "-o", "json"])) as { items: { endpoints: unknown }[] };
  return JSON.stringify(items.map(({ endpoints }) => endpoints));
}

/** Load on api through web's sidecar before, during and after `kill`, which ends when its consequences are over. */
async function loadAround(store: Store, kill: () => Promise<unknown>): Promise<LoadResult> {
  const load = startLoad({ port: store.toApi, path: "/items", headers: { host: "api" }, connections: CONNECTIONS });
  await waitFor("load", () => load.done() > PART);
  await kill();
  const after = load.done();
  await waitFor("load afterwards", () => load.done() > after + PART);
  return load.stop();
}

/** A request inside the process that was killed may be lost, as a reset: at most one for each connection. */
function onlyInFlightFailed({ requests, outcomes, reasons }: LoadResult): void {
  const seen = JSON.stringify({ outcomes, reasons });
  const others = Object.keys(outcomes).filter((outcome) => outcome !== "200" && outcome !== "502");
  assert.deepEqual(others, [], seen);
  assert.ok(requests - (outcomes[200] ?? 0) <= CONNECTIONS, seen);
}
