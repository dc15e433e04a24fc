import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readExposition } from "../support/exposition.ts";
import { fetchOnce, load } from "../support/load.ts";
import { startMesh, type TestMesh, waitFor } from "../support/mesh.ts";
import { HAS_PROMTOOL, promtoolProblems } from "../support/promtool.ts";
import { startStore } from "../support/store.ts";

test("the figures of controller and sidecars are what Prometheus expects", async (t) => {
  const mesh = await startMesh(t);
  const store = await startStore(mesh);
  const items = { port: store.toApi, path: "/items", headers: { host: "api" } };
  await load({ ...items, count: 30 });
  await mesh.ok(["fault", "abort", "api", "--status", "503", "--percent", "100"]);
  await waitFor("the fault", async () => (await fetchOnce(items)).outcome === "503", 3_000);
  const texts: readonly (readonly [string, string])[] = [
    ["the controller", await controllerMetrics(mesh)],
    ["web's sidecar", await sidecarMetrics(mesh, "web")],
    ["api1's sidecar", await sidecarMetrics(mesh, "api1")],
  ];

  await t.test("read strictly, they hold what happened", () => {
    const [controller, web] = texts.map(([, text]) => readExposition(text).samples);
    assert.equal(controller?.get("meshctl_controller_proxies_connected"), 3);
    assert.ok((controller?.get("meshctl_controller_discovery_acks_total") ?? 0) > 0);
    assert.equal(controller?.get("meshctl_controller_objects_workload"), 3);
    const answered = [...(web ?? [])].filter(([name]) => name.startsWith("meshctl_exchanges_total{") && name.includes('status="200"'));
    assert.equal(
      answered.reduce((sum, [, value]) => sum + value, 0),
      30,
      "as many as the client counted",
    );
  });

  for (const [whose, text] of texts) {
    await t.test(
      `promtool finds nothing wrong with those of ${whose}`,
      { skip: HAS_PROMTOOL ? false : "promtool is not installed" },
      () => {
        assert.equal(promtoolProblems(text), "");
      },
    );
  }
});

async function controllerMetrics(mesh: TestMesh): Promise<string> {
  const { status, body } = await mesh.api("GET", "/metrics");
  assert.equal(status, 200);
  return body as string;
}

async function sidecarMetrics(mesh: TestMesh, name: string): Promise<string> {
  const { ports } = JSON.parse(readFileSync(join(mesh.layout.runDir, `default.${name}.json`), "utf8")) as { ports: { admin: number } };
  const { outcome, body } = await fetchOnce({ port: ports.admin, path: "/metrics" });
  assert.equal(outcome, "200");
  return body;
}
