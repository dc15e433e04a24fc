import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchOnce, load, shareTolerance } from "../support/load.ts";
import { startMesh, waitFor } from "../support/mesh.ts";
import { served, startStore, versionOf } from "../support/store.ts";

const REQUESTS = 5_000;

test("splits and faults have the configured shares, as client and backends count them", async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const items = { port: store.toApi, path: "/items", headers: { host: "api" }, label: versionOf };

  await t.test("without a route both versions answer", async () => {
    const { outcomes, labels } = await load({ ...items, count: 400, connections: 8 });
    assert.deepEqual(outcomes, { 200: 400 });
    assert.ok((labels.v1 ?? 0) > 0 && (labels.v2 ?? 0) > 0, JSON.stringify(labels));
  });

  await t.test("a 90/10 split", async () => {
    const said = await mesh.ok(["route", "split", "api", "--weight", "v1=90", "--weight", "v2=10"]);
    assert.match(said, /v1 90 %/);
    await settled(
      () => shareOfV2(items, 200),
      (share) => share < 0.35,
    );
    const before = [await served(store.ports.api1), await served(store.ports.api2)] as const;
    const { outcomes, labels } = await load({ ...items, count: REQUESTS, connections: 16 });
    assert.deepEqual(outcomes, { 200: REQUESTS });
    const share = (labels.v2 ?? 0) / REQUESTS;
    assert.ok(Math.abs(share - 0.1) <= shareTolerance(0.1, REQUESTS), `v2 had ${share}`);
    assert.equal((await served(store.ports.api1)) - before[0], labels.v1, "v1's own count");
    assert.equal((await served(store.ports.api2)) - before[1], labels.v2, "v2's own count");
  });

  await t.test("a version not named gets nothing, and the output says so", async () => {
    assert.match(await mesh.ok(["route", "split", "api", "--weight", "v1=1"]), /v1 100 %.*v2 none/);
    await settled(
      () => shareOfV2(items, 50),
      (share) => share === 0,
    );
    const { labels } = await load({ ...items, count: 300 });
    assert.deepEqual(labels, { v1: 300 });
  });

  await t.test("an abort answers its share, and the backends never see it", async () => {
    await mesh.ok(["fault", "abort", "api", "--status", "503", "--percent", "30"]);
    await settled(
      () => load({ ...items, count: 50 }),
      ({ outcomes }) => (outcomes[503] ?? 0) > 0,
    );
    const before = await served(store.ports.api1);
    const { outcomes, reasons } = await load({ ...items, count: REQUESTS, connections: 16 });
    const failed = outcomes[503] ?? 0;
    assert.equal((outcomes[200] ?? 0) + failed, REQUESTS, JSON.stringify(outcomes));
    assert.ok(Math.abs(failed / REQUESTS - 0.3) <= shareTolerance(0.3, REQUESTS), `${failed} of ${REQUESTS} aborted`);
    assert.deepEqual(reasons, { "fault-abort": failed });
    assert.equal((await served(store.ports.api1)) - before, outcomes[200]);
  });

  await t.test("a delay joins it in the same object, and holds its share", async () => {
    await mesh.ok(["fault", "delay", "api", "--delay", "200ms", "--percent", "50"]);
    const listed = JSON.parse(await mesh.ok(["get", "faultinjections", "-o", "json"])) as { items: unknown[] };
    assert.equal(listed.items.length, 1);
    await settled(
      () => load({ ...items, count: 40, connections: 20 }),
      ({ latencies }) => (latencies.at(-1) ?? 0) >= 200,
    );
    const count = 1_000;
    const { latencies } = await load({ ...items, count, connections: 50 });
    const held = latencies.filter((ms) => ms >= 199).length;
    assert.ok(Math.abs(held / count - 0.5) <= shareTolerance(0.5, count), `${held} of ${count} held`);
  });

  await t.test("clearing ends both", async () => {
    await mesh.ok(["fault", "clear", "api"]);
    await settled(
      () => load({ ...items, count: 50 }),
      ({ outcomes, latencies }) => outcomes[200] === 50 && (latencies.at(-1) ?? 0) < 199,
    );
    const { outcomes } = await load({ ...items, count: 500 });
    assert.deepEqual(outcomes, { 200: 500 });
  });

  await t.test("names a destination that is not there", async () => {
    const { outcome, reason } = await fetchOnce({ port: store.toApi, path: "/a%2fb", headers: { host: "api" } });
    assert.deepEqual({ outcome, reason }, { outcome: "400", reason: "bad-path" });
  });
});

async function shareOfV2(options: Parameters<typeof load>[0] | Omit<Parameters<typeof load>[0], "count">, count: number): Promise<number> {
  const { labels } = await load({ ...options, count });
  return (labels.v2 ?? 0) / count;
}

/** Looks until a change of configuration shows in the traffic: at most 3 s. */
function settled<T>(look: () => Promise<T>, condition: (value: T) => boolean): Promise<boolean> {
  return waitFor("the change on the wire", async () => condition(await look()), 3_000);
}
