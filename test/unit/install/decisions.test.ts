import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { pruneOf } from "../../../src/install/prune.ts";
import { podProblem, waitingFor } from "../../../src/install/readiness.ts";
import { formatKey, formatRelease, parseRelease, type Release } from "../../../src/install/release.ts";
import { phaseOf, renderInstall } from "../../../src/install/render.ts";
import { skewProblem } from "../../../src/install/skew.ts";
import { storageProblem } from "../../../src/install/storage-versions.ts";
import { chooseCluster, mergeKubeconfigs, parseKubeconfig } from "../../../src/kube/kubeconfig.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { EVERYTHING, frameOf, render } from "./rendering.ts";

function object(kind: string, name: string, more: object = {}): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, generation: 2 }, ...more };
}

describe("version skew", () => {
  for (const [from, to, refused] of [
    ["1.2.0", "1.2.9", false],
    ["1.2.0", "1.3.0", false],
    ["1.3.0", "1.2.0", false],
    ["1.2.0", "1.4.0", true],
    ["1.9.0", "2.0.0", true],
    ["0.0.0-dev", "1.4.0", false],
    ["rubbish", "1.4.0", true],
  ] as const) {
    it(`${from} → ${to}`, () => assert.equal(skewProblem(from, to) !== null, refused));
  }
});

test("a definition may not lose a version in which objects are stored", () => {
  const live = object("CustomResourceDefinition", "faults", { spec: { versions: [] }, status: { storedVersions: ["v1alpha1", "v1"] } });
  const next = (...names: string[]) =>
    object("CustomResourceDefinition", "faults", { spec: { versions: names.map((name) => ({ name })) } });
  assert.equal(storageProblem(live, next("v1alpha1", "v1")), null);
  assert.match(storageProblem(live, next("v1")) ?? "", /stored as v1alpha1/);
});

test("pruned: what is gone and no other revision needs, in the order opposite to that of applying; never what holds users' data", () => {
  const before = ["Namespace", "Secret", "CustomResourceDefinition", "Service", "Deployment"].map((kind) => object(kind, "a"));
  const other = { objects: [object("Service", "a")] } as unknown as Release;
  assert.deepEqual(pruneOf(before, [], []).map(formatKey), ["Deployment a", "Service a"]);
  assert.deepEqual(pruneOf(before, [], [other]).map(formatKey), ["Deployment a"]);
  assert.deepEqual(pruneOf(before, before, []), []);
});

test("a release comes back as it was, without Secrets; a broken record is none", () => {
  const objects = render("default", {}, { certPem: "c", keyPem: "k" });
  const release: Release = {
    number: 3,
    revision: "",
    version: "1.2.3",
    at: "2026-01-01T00:00:00Z",
    state: "deployed",
    profile: "ha",
    asked: { a: 1 },
    objects,
  };
  const record = formatRelease(release);
  assert.deepEqual(parseRelease(record), { ...release, objects: objects.filter(({ kind }) => kind !== "Secret") });
  assert.ok(JSON.stringify(record).length < 512 * 1024, "a ConfigMap holds 1 MiB");
  assert.equal(parseRelease({ ...record, data: { ...record.data, "release.json": "{" } }), null);
});

test("the phase of a recorded object is the one it was rendered in", () => {
  for (const { phase, object: rendered } of renderInstall(frameOf("ha", EVERYTHING), { certPem: "c", keyPem: "k" }))
    assert.equal(phaseOf(rendered), phase, rendered.kind);
});

describe("what is waited for", () => {
  const deployment = (status: object, spec: object = { replicas: 2 }) => waitingFor(object("Deployment", "a", { spec, status }));
  const done = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  for (const [words, why, expected] of [
    ["a Deployment that is done", deployment(done), null],
    ["one that the cluster has not seen", deployment({ ...done, observedGeneration: 1 }), /has not begun/],
    ["old pods", deployment({ ...done, replicas: 3 }), /1 old pods/],
    ["pods of before", deployment({ ...done, updatedReplicas: 1 }), /1 of 2 pods are of the new kind/],
    ["pods that are not ready", deployment({ ...done, availableReplicas: 1 }), /1 of 2 pods are ready/],
    [
      "pods that are refused",
      deployment({ observedGeneration: 2, conditions: [{ type: "ReplicaFailure", status: "True", message: "exceeded quota" }] }),
      /exceeded quota/,
    ],
    ["a webhook without its root", waitingFor(object("MutatingWebhookConfiguration", "a", { webhooks: [{ clientConfig: {} }] })), /root/],
    [
      "an APIService nobody answers",
      waitingFor(object("APIService", "a", { status: { conditions: [{ type: "Available", status: "False", message: "no endpoints" }] } })),
      /not Available: no endpoints/,
    ],
    [
      "a definition that stands",
      waitingFor(object("CustomResourceDefinition", "a", { status: { conditions: [{ type: "Established", status: "True" }] } })),
      null,
    ],
    ["a Service", waitingFor(object("Service", "a")), null],
  ] as const) {
    it(words, () => (expected === null ? assert.equal(why, null) : assert.match(why ?? "", expected)));
  }
  for (const [words, status, expected] of [
    ["no node", { conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes are available" }] }, /no node takes it: 0\/3/],
    [
      "no image",
      { containerStatuses: [{ name: "c", state: { waiting: { reason: "ErrImagePull", message: "denied" } } }] },
      /container c: ErrImagePull: denied/,
    ],
    [
      "a crash",
      { containerStatuses: [{ name: "c", restartCount: 3, state: { terminated: { exitCode: 2 } } }] },
      /exit code 2 \(started again 3 times\)/,
    ],
    ["not ready yet", { containerStatuses: [{ name: "c", ready: false, state: {} }] }, /container c runs and is not ready/],
  ] as const) {
    it(`a pod: ${words}`, () => assert.match(podProblem(object("Pod", "a", { status })) ?? "", expected));
  }
  it("a pod that is ready", () =>
    assert.equal(podProblem(object("Pod", "a", { status: { conditions: [{ type: "Ready", status: "True" }] } })), null));
});

describe("kubeconfig", () => {
  const read = (text: string) => parseKubeconfig(text, "config", (path) => `/base/${path}`);
  const one = read(`
current-context: a
contexts: [{name: a, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://one:6443", certificate-authority: ca.pem}}]
users: [{name: u, user: {tokenFile: token, exec: {apiVersion: v, command: ./bin/get, args: [1]}}}]
`);
  it("paths are those of the file", () => {
    const { cluster, user } = chooseCluster(one, undefined);
    assert.deepEqual(cluster.ca, { file: "/base/ca.pem" });
    assert.equal(user.tokenFile, "/base/token");
    assert.deepEqual([user.exec?.command, user.exec?.args], ["/base/./bin/get", ["1"]]);
  });
  it("of several files the first has a name", () => {
    const two = read(
      `current-context: b\nclusters: [{name: c, cluster: {server: "https://two"}}]\ncontexts: [{name: b, context: {cluster: c, user: none}}]`,
    );
    const merged = mergeKubeconfigs([one, two]);
    assert.equal(merged.currentContext, "a");
    assert.equal(chooseCluster(merged, "b").cluster.server, "https://one:6443");
  });
  for (const [text, wanted, expected] of [
    ["", undefined, /no current context/],
    ["current-context: x", undefined, /no context "x"/],
    ["contexts: [{name: x, context: {cluster: y}}]", "x", /names cluster "y", which is not there/],
    ["[1]", undefined, /is not a kubeconfig/],
    ["a: [", undefined, /is no YAML/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => chooseCluster(read(text), wanted), expected));
  }
});
