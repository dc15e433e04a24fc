import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInTopology } from "../../../../src/controller/apiserver/fields/built-in.ts";
import type { Topology } from "../../../../src/controller/apiserver/fields/topology.ts";
import { applyStrategicMergePatch } from "../../../../src/controller/apiserver/strategic-merge.ts";

const topologyOf = (kind: string): Topology => {
  const [name = "", ...group] = kind.split(".");
  const topology = builtInTopology(group.join("."), name);
  assert.ok(topology !== undefined);
  return topology;
};

const ports = (...list: object[]): object => ({ spec: { ports: list } });
const pod = (spec: object): object => ({ spec: { template: { spec } } });

const table: [what: string, kind: string, target: object, patch: object, result: object][] = [
  [
    "objects are merged, null removes",
    "ConfigMap",
    { data: { a: "1", b: "2" } },
    { data: { b: null, c: "3" } },
    { data: { a: "1", c: "3" } },
  ],
  ["$patch: replace replaces", "ConfigMap", { data: { a: "1" } }, { data: { $patch: "replace", b: "2" } }, { data: { b: "2" } }],
  ["$patch: delete empties", "ConfigMap", { data: { a: "1" } }, { data: { $patch: "delete" } }, { data: {} }],
  ["$patch: merge merges", "ConfigMap", { data: { a: "1" } }, { data: { $patch: "merge", b: "2" } }, { data: { a: "1", b: "2" } }],
  [
    "$retainKeys drops the others",
    "Deployment.apps",
    { spec: { strategy: { type: "x", rollingUpdate: {} } } },
    { spec: { strategy: { $retainKeys: ["type"], type: "y", rollingUpdate: null } } },
    { spec: { strategy: { type: "y" } } },
  ],
  [
    "a Service's ports are merged by number",
    "Service",
    ports({ port: 80, name: "a" }, { port: 81, name: "b" }),
    ports({ port: 81, name: "c" }),
    ports({ port: 80, name: "a" }, { port: 81, name: "c" }),
  ],
  [
    "an element is deleted by its key",
    "Service",
    ports({ port: 80 }, { port: 81 }),
    ports({ port: 81, $patch: "delete" }),
    ports({ port: 80 }),
  ],
  [
    "elements take the order that is set",
    "Service",
    ports({ port: 80 }, { port: 81 }),
    { spec: { ports: [{ port: 79 }], "$setElementOrder/ports": [{ port: 79 }, { port: 81 }, { port: 80 }] } },
    ports({ port: 79 }, { port: 81 }, { port: 80 }),
  ],
  [
    "what the order does not name stays before what stood behind it",
    "Service",
    ports({ port: 1 }, { port: 2 }, { port: 3 }, { port: 4 }),
    { spec: { "$setElementOrder/ports": [{ port: 3 }, { port: 1 }] } },
    ports({ port: 2 }, { port: 3 }, { port: 1 }, { port: 4 }),
  ],
  ["a list is replaced on demand", "Service", ports({ port: 80 }), ports({ $patch: "replace" }, { port: 81 }), ports({ port: 81 })],
  [
    "containers by name, their ports by number, inside templates too",
    "Deployment.apps",
    pod({ containers: [{ name: "a", image: "1", ports: [{ containerPort: 1 }] }] }),
    pod({ containers: [{ name: "a", image: "2", ports: [{ containerPort: 2 }] }, { name: "b" }] }),
    pod({ containers: [{ name: "a", image: "2", ports: [{ containerPort: 1 }, { containerPort: 2 }] }, { name: "b" }] }),
  ],
  [
    "and inside the template of a CronJob's jobs",
    "CronJob.batch",
    { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "a", image: "1" }] } } } } } },
    { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "b" }] } } } } } },
    { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "a", image: "1" }, { name: "b" }] } } } } } },
  ],
  [
    "env by name, mounts by path, volumes and pull secrets by name, host aliases by address",
    "StatefulSet.apps",
    pod({
      containers: [{ name: "a", env: [{ name: "A", value: "1" }], volumeMounts: [{ mountPath: "/a", name: "v" }] }],
      volumes: [{ name: "v", emptyDir: {} }],
      imagePullSecrets: [{ name: "s" }],
      hostAliases: [{ ip: "::1", hostnames: ["a"] }],
    }),
    pod({
      containers: [{ name: "a", env: [{ name: "B", value: "2" }], volumeMounts: [{ mountPath: "/a", name: "w" }] }],
      volumes: [{ name: "v", emptyDir: null, secret: {} }],
      imagePullSecrets: [{ name: "t" }],
      hostAliases: [{ ip: "::1", hostnames: ["b"] }],
    }),
    pod({
      containers: [
        {
          name: "a",
          env: [
            { name: "A", value: "1" },
            { name: "B", value: "2" },
          ],
          volumeMounts: [{ mountPath: "/a", name: "w" }],
        },
      ],
      volumes: [{ name: "v", secret: {} }],
      imagePullSecrets: [{ name: "s" }, { name: "t" }],
      hostAliases: [{ ip: "::1", hostnames: ["b"] }],
    }),
  ],
  [
    "tolerations, arguments and commands are replaced",
    "DaemonSet.apps",
    pod({ tolerations: [{ key: "a" }], containers: [{ name: "a", args: ["1"] }] }),
    pod({ tolerations: [{ key: "b" }], containers: [{ name: "a", args: ["2"] }] }),
    pod({ tolerations: [{ key: "b" }], containers: [{ name: "a", args: ["2"] }] }),
  ],
  [
    "a ServiceAccount's secrets are merged, its pull secrets replaced",
    "ServiceAccount",
    { secrets: [{ name: "a" }], imagePullSecrets: [{ name: "a" }] },
    { secrets: [{ name: "b" }], imagePullSecrets: [{ name: "b" }] },
    { secrets: [{ name: "a" }, { name: "b" }], imagePullSecrets: [{ name: "b" }] },
  ],
  [
    "an EndpointSlice's lists are replaced",
    "EndpointSlice.discovery.k8s.io",
    { endpoints: [1, 2], ports: [{ port: 1 }] },
    { endpoints: [3], ports: [{ port: 2 }] },
    { endpoints: [3], ports: [{ port: 2 }] },
  ],
  [
    "an Ingress's rules are replaced",
    "Ingress.networking.k8s.io",
    { spec: { rules: [{ host: "a" }] } },
    { spec: { rules: [{ host: "b" }] } },
    { spec: { rules: [{ host: "b" }] } },
  ],
  [
    "conditions are merged by type",
    "Namespace",
    { status: { conditions: [{ type: "A", status: "True" }] } },
    { status: { conditions: [{ type: "B" }, { type: "A", status: "False" }] } },
    { status: { conditions: [{ type: "A", status: "False" }, { type: "B" }] } },
  ],
  [
    "the selector of a PodDisruptionBudget is replaced",
    "PodDisruptionBudget.policy",
    { spec: { selector: { matchLabels: { a: "1" } } } },
    { spec: { selector: { matchLabels: { b: "1" } } } },
    { spec: { selector: { matchLabels: { b: "1" } } } },
  ],
  [
    "finalizers are united, owners merged by uid",
    "Pod",
    { metadata: { finalizers: ["a"], ownerReferences: [{ uid: "1", name: "a" }] } },
    { metadata: { finalizers: ["a", "b"], ownerReferences: [{ uid: "1", name: "b" }] } },
    { metadata: { finalizers: ["a", "b"], ownerReferences: [{ uid: "1", name: "b" }] } },
  ],
  [
    "and finalizers are taken off by value",
    "Pod",
    { metadata: { finalizers: ["a", "b"] } },
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
    { metadata: { finalizers: ["b"] } },
  ],
];

for (const [what, kind, target, patch, result] of table) {
  test(what, () => {
    const copies = structuredClone([target, patch]);
    assert.deepEqual(applyStrategicMergePatch(target, patch, topologyOf(kind)), result);
    assert.deepEqual([target, patch], copies, "neither is changed");
  });
}

test("patches that mean nothing are refused", () => {
  const refused = (patch: object, message: RegExp): void =>
    assert.throws(() => applyStrategicMergePatch(ports({ port: 80 }), patch, topologyOf("Service")), message);
  refused(ports({ name: "a" }), /has no port/);
  refused({ spec: { ports: [80] } }, /are objects/);
  refused({ $patch: "explode" }, /must be replace/);
  refused({ spec: { $retainKeys: ["a"], b: 1 } }, /has b, which its \$retainKeys lacks/);
  refused({ spec: { $retainKeys: "a" } }, /must be a list/);
  refused({ spec: { "$setElementOrder/ports": 1 } }, /must be a list/);
  refused({ metadata: { "$deleteFromPrimitiveList/finalizers": "a" } }, /must be a list/);
});
