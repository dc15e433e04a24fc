import assert from "node:assert/strict";
import { test } from "node:test";
import { kindRefOf, resourcePath } from "../../../src/kube/kind-ref.ts";
import { meshConfigKind } from "../../../src/model/kinds/mesh-config.ts";
import { serviceKind } from "../../../src/model/kinds/service.ts";
import { workloadKind } from "../../../src/model/kinds/workload.ts";

test("paths of collections, objects and subresources", () => {
  const [service, workload, config] = [kindRefOf(serviceKind), kindRefOf(workloadKind), kindRefOf(meshConfigKind)];
  assert.equal(resourcePath(service), "/api/v1/services");
  assert.equal(resourcePath(service, "a"), "/api/v1/namespaces/a/services");
  assert.equal(resourcePath(workload, "a", "b", "status"), "/apis/meshctl.dev/v1alpha1/namespaces/a/workloads/b/status");
  assert.equal(resourcePath(config, "ignored", "default"), "/apis/meshctl.dev/v1alpha1/meshconfigs/default");
  assert.equal(resourcePath(service, "a/b", "../c"), "/api/v1/namespaces/a%2Fb/services/..%2Fc");
});
