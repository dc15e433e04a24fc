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
    onlyInFlightFailed(await loadAround(mesh, store, () => process.kill(status?.pid ?? 0, "SIGKILL")));
    await store.api2.exited;
  });

  await t.test("of `meshctl run`", async () => {
    const run = await startApi(mesh, "api2", "v2");
    onlyInFlightFailed(await loadAround(mesh, store, () => run.child.kill("SIGKILL")));
  });

  await t.test("of the sidecar", async () => {
    await startApi(mesh, "api3", "v2");
    const { status } = await mesh.waitReady("api3");
    onlyInFlightFailed(await loadAround(mesh, store, () => process.kill(status?.proxyPid ?? 0, "SIGKILL")));
  });
});

/** Load on api through web's sidecar before, while and after `kill`, until well after its endpoint has left. */
async function loadAround(mesh: TestMesh, store: Store, kill: () => unknown): Promise<LoadResult> {
  const load = startLoad({ port: store.toApi, path: "/items", headers: { host: "api" }, connections: CONNECTIONS });
  await waitFor("load", () => load.done() > PART);
  const endpoints = await slices(mesh);
  kill();
  await waitFor("a change of the endpoints", async () => (await slices(mesh)) !== endpoints, 15_000);
  const after = load.done();
  await waitFor("load afterwards", () => load.done() > after + PART);
  return load.stop();
}

async function slices(mesh: TestMesh): Promise<string> {
  return JSON.stringify(
    JSON.parse(await mesh.ok(["get", "endpointslices", "-o", "json"])).items.map((item: { endpoints: unknown }) => item.endpoints),
  );
}

/** A request inside the process that was killed may be lost, as a reset: at most one for each connection. */
function onlyInFlightFailed({ requests, outcomes, reasons }: LoadResult): void {
  const seen = JSON.stringify({ outcomes, reasons });
  assert.deepEqual(
    Object.keys(outcomes).filter((outcome) => outcome !== "200" && outcome !== "502"),
    [],
    seen,
  );
  assert.ok(requests - (outcomes[200] ?? 0) <= CONNECTIONS, seen);
}
