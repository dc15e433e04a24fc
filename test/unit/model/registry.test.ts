import assert from "node:assert/strict";
import { test } from "node:test";
import { allKinds } from "../../../src/policies/kinds.ts";

const kinds = allKinds();

const words: [word: string, kind: string | undefined][] = [
  ["svc", "Service"],
  ["services", "Service"],
  ["service", "Service"],
  ["Service", "Service"],
  ["httproutes.gateway.networking.k8s.io", "HTTPRoute"],
  ["httproutes.v1beta1.gateway.networking.k8s.io", "HTTPRoute"],
  ["httproute", "HTTPRoute"],
  ["wl", "Workload"],
  ["fault", "FaultInjection"],
  ["ns", "Namespace"],
  ["deploy", "Deployment"],
  ["deployments.apps", "Deployment"],
  ["endpointslices", "EndpointSlice"],
  ["nonsense", undefined],
  ["__proto__", undefined],
];

for (const [word, kind] of words) {
  test(`"${word}" means ${kind ?? "nothing"}`, () => assert.equal(kinds.resolve(word)?.kind, kind));
}

test("a manifest's apiVersion and kind lead to the kind, older served versions too", () => {
  assert.equal(kinds.byKind("v1", "Service")?.plural, "services");
  assert.equal(kinds.byKind("gateway.networking.k8s.io/v1beta1", "HTTPRoute")?.version, "v1");
  for (const [apiVersion, kind] of [
    ["v2", "Service"],
    ["gateway.networking.k8s.io/v1alpha2", "HTTPRoute"],
    ["a/b/c", "X"],
    ["", "Service"],
  ] as const) {
    assert.equal(kinds.byKind(apiVersion, kind), undefined);
  }
});

test("no two kinds share a path, and words of our own kinds are not taken by others", () => {
  const paths = kinds.all.map(({ group, plural }) => `${group}/${plural}`);
  assert.equal(new Set(paths).size, paths.length);
  for (const kind of kinds.all) assert.equal(kinds.resolve(kind.plural), kind);
});

test("a word that nearly is one gets the one", () => {
  assert.equal(kinds.suggest("htproute"), "httproute");
  assert.equal(kinds.suggest("wrokload"), "workload");
  assert.equal(kinds.suggest("qqqqqqqqqq"), null);
});

test("categories", () => {
  assert.deepEqual(
    kinds.category("mesh").map(({ kind }) => kind),
    ["Workload", "MeshConfig", "HTTPRoute", "FaultInjection"],
  );
  assert.deepEqual(kinds.category("none"), []);
});
