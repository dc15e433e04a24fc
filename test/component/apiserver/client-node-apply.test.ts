/** Server-side apply as the official JavaScript client asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiException, KubeConfig, KubernetesObjectApi, PatchStrategy, type V1ConfigMap } from "@kubernetes/client-node";
import { startApi } from "../../support/api.ts";

test("server-side apply: fields have owners, and a conflict says whose", async (t) => {
  const api = await startApi();
  t.after(() => api.close());
  const config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const apply = (manager: string, data: Record<string, string>, force?: boolean) =>
    objects.patch(
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shared", namespace: "default" }, data } as V1ConfigMap,
      undefined,
      undefined,
      manager,
      force,
      PatchStrategy.ServerSideApply,
    );
  const made = await apply("one", { a: "1", b: "1" });
  assert.deepEqual(
    made.metadata?.managedFields?.map(({ manager, operation }) => [manager, operation]),
    [["one", "Apply"]],
  );
  await apply("two", { c: "2" });
  await assert.rejects(apply("two", { a: "2" }), (error: unknown) => {
    assert.ok(error instanceof ApiException);
    assert.equal(error.code, 409);
    const body = JSON.parse(String(error.body)) as {
      reason: string;
      details: { causes: { reason: string; field: string; message: string }[] };
    };
    assert.equal(body.reason, "Conflict");
    assert.deepEqual(
      body.details.causes.map(({ reason, field }) => [reason, field]),
      [["FieldManagerConflict", ".data.a"]],
    );
    assert.match(body.details.causes[0]?.message ?? "", /"one"/);
    return true;
  });
  assert.deepEqual((await apply("two", { a: "2" }, true)).data, { a: "2", b: "1" });
  assert.deepEqual((await apply("one", { b: "1" })).data, { a: "2", b: "1" });
});
