/** A second client, written by others: the official JavaScript one, with its informers. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ApiException, CoreV1Api, CustomObjectsApi, KubeConfig, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import { startApi, type TestApi } from "../../support/api.ts";
import { waitFor } from "../../support/mesh.ts";
import { CONFIG_MAP, configMap } from "./objects.ts";

function configFor(api: TestApi): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
  return config;
}

/** An informer of ConfigMaps that notes what it is told. */
function informerOf(api: TestApi, labelSelector?: string) {
  const config = configFor(api);
  const core = config.makeApiClient(CoreV1Api);
  const seen = { lists: 0, errors: 0, told: [] as string[] };
  const list = () => {
    seen.lists += 1;
    return core.listNamespacedConfigMap({ namespace: "default", ...(labelSelector === undefined ? {} : { labelSelector }) });
  };
  const informer = makeInformer<V1ConfigMap>(config, "/api/v1/namespaces/default/configmaps", list, labelSelector);
  for (const verb of ["add", "update", "delete"] as const)
    informer.on(verb, ({ metadata }) => void seen.told.push(`${verb} ${metadata?.name}`));
  informer.on("error", () => {
    seen.errors += 1;
  });
  return { informer, seen, names: () => informer.list().map(({ metadata }) => metadata?.name ?? "") };
}

test("an informer has what there is, and what becomes of it", async (t) => {
  const api = await startApi();
  t.after(() => api.close());
  await api.client.create(CONFIG_MAP, configMap("first"));
  await api.client.create(CONFIG_MAP, { ...configMap("other"), metadata: { name: "other", namespace: "default", labels: { a: "b" } } });
  const all = informerOf(api);
  const some = informerOf(api, "a=b");
  t.after(() => Promise.all([all.informer.stop(), some.informer.stop()]));
  await Promise.all([all.informer.start(), some.informer.start()]);
  assert.deepEqual(all.names().sort(), ["first", "other"]);
  assert.deepEqual(some.names(), ["other"]);
  await api.client.create(CONFIG_MAP, configMap("second"));
  await api.client.patch(CONFIG_MAP, "first", "default", { metadata: { labels: { a: "b" } } });
  await api.client.delete(CONFIG_MAP, "other", "default");
  const expected = ["add first", "add other", "add second", "update first", "delete other"];
  await waitFor(
    "every change",
    () => all.seen.told.length >= expected.length,
    10_000,
    () => all.seen.told.join(),
  );
  assert.deepEqual(all.seen.told.sort(), [...expected].sort());
  await waitFor(
    "a label that came, and an object that went",
    () => some.names().join() === "first",
    10_000,
    () => some.names().join(),
  );
  assert.deepEqual(all.informer.get("first", "default")?.metadata?.labels, { a: "b" });
});

test("an informer that was away for longer than history reaches hears 410, lists again and misses nothing", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-client-node-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const before = await startApi({ directory });
  await before.client.create(CONFIG_MAP, configMap("stays"));
  await before.client.create(CONFIG_MAP, configMap("goes"));
  const { informer, seen, names } = informerOf(before);
  t.after(() => informer.stop());
  await informer.start();
  assert.deepEqual(names().sort(), ["goes", "stays"]);
  await before.close();
  await waitFor("the informer's complaint", () => seen.errors > 0);

  // Nobody listens on the informer's port while this happens, and a restart forgets how it came about.
  const meanwhile = await startApi({ directory });
  await meanwhile.client.delete(CONFIG_MAP, "goes", "default");
  await meanwhile.client.create(CONFIG_MAP, configMap("comes"));
  await meanwhile.close();

  const after = await startApi({ directory, port: before.port });
  t.after(() => after.close());
  await informer.start();
  await waitFor("the second list", () => seen.lists === 2);
  await waitFor(
    "all of it",
    () => names().sort().join() === "comes,stays",
    10_000,
    () => names().join(),
  );
  assert.ok(seen.told.includes("delete goes"));
  await after.client.create(CONFIG_MAP, configMap("later"));
  await waitFor("what comes after", () => seen.told.includes("add later"));
});

test("our own kinds are objects like any other", async (t) => {
  const api = await startApi();
  t.after(() => api.close());
  const custom = configFor(api).makeApiClient(CustomObjectsApi);
  const place = { group: "meshctl.dev", version: "v1alpha1", namespace: "default", plural: "faultinjections" };
  const spec = { targetRefs: [{ group: "", kind: "Service", name: "api" }], rules: [{ delay: { fixed: "200ms" } }] };
  await custom.createNamespacedCustomObject({
    ...place,
    body: { apiVersion: "meshctl.dev/v1alpha1", kind: "FaultInjection", metadata: { name: "slow" }, spec },
  });
  const wrong = custom.createNamespacedCustomObject({
    ...place,
    body: { apiVersion: "meshctl.dev/v1alpha1", kind: "FaultInjection", metadata: { name: "no" }, spec: {} },
  });
  await assert.rejects(wrong, (error: unknown) => error instanceof ApiException && error.code === 422);
  const { items } = (await custom.listNamespacedCustomObject(place)) as { items: { metadata: { name: string } }[] };
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ["slow"],
  );
});
