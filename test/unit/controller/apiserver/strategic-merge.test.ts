import assert from "node:assert/strict";
import { test } from "node:test";
import { applyStrategicMergePatch } from "../../../../src/controller/apiserver/strategic-merge.ts";

const ports = (...list: object[]) => ({ spec: { ports: list } });

const table: [what: string, target: object, patch: object, result: object][] = [
  ["objects are merged, null removes", { data: { a: "1", b: "2" } }, { data: { b: null, c: "3" } }, { data: { a: "1", c: "3" } }],
  ["$patch: replace replaces", { data: { a: "1" } }, { data: { $patch: "replace", b: "2" } }, { data: { b: "2" } }],
  [
    "$retainKeys drops the others",
    { strategy: { type: "x", rolling: {} } },
    { strategy: { $retainKeys: ["type"], type: "y" } },
    { strategy: { type: "y" } },
  ],
  [
    "a Service's ports are merged by number",
    ports({ port: 80, name: "a" }, { port: 81, name: "b" }),
    ports({ port: 81, name: "c" }),
    ports({ port: 80, name: "a" }, { port: 81, name: "c" }),
  ],
  ["an element is deleted by its key", ports({ port: 80 }, { port: 81 }), ports({ port: 81, $patch: "delete" }), ports({ port: 80 })],
  [
    "elements take the order that is set",
    ports({ port: 80 }, { port: 81 }),
    { spec: { ports: [{ port: 79 }], "$setElementOrder/ports": [{ port: 79 }, { port: 81 }, { port: 80 }] } },
    ports({ port: 79 }, { port: 81 }, { port: 80 }),
  ],
  ["a list is replaced on demand", ports({ port: 80 }), ports({ $patch: "replace" }, { port: 81 }), ports({ port: 81 })],
  [
    "containers by name, their ports by number, inside templates too",
    { spec: { template: { spec: { containers: [{ name: "a", image: "1", ports: [{ containerPort: 1 }] }] } } } },
    { spec: { template: { spec: { containers: [{ name: "a", image: "2", ports: [{ containerPort: 2 }] }, { name: "b" }] } } } },
    {
      spec: {
        template: { spec: { containers: [{ name: "a", image: "2", ports: [{ containerPort: 1 }, { containerPort: 2 }] }, { name: "b" }] } },
      },
    },
  ],
  [
    "other lists are replaced",
    { endpoints: [1, 2], ports: [{ port: 1 }] },
    { endpoints: [3], ports: [{ port: 2 }] },
    { endpoints: [3], ports: [{ port: 2 }] },
  ],
  [
    "finalizers are united",
    { metadata: { finalizers: ["a"] } },
    { metadata: { finalizers: ["a", "b"] } },
    { metadata: { finalizers: ["a", "b"] } },
  ],
  [
    "and taken off by value",
    { metadata: { finalizers: ["a", "b"] } },
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
    { metadata: { finalizers: ["b"] } },
  ],
];

for (const [what, target, patch, result] of table) {
  test(what, () => {
    const copies = structuredClone([target, patch]);
    assert.deepEqual(applyStrategicMergePatch(target, patch), result);
    assert.deepEqual([target, patch], copies, "neither is changed");
  });
}

test("patches that mean nothing are refused", () => {
  assert.throws(() => applyStrategicMergePatch(ports({ port: 80 }), ports({ name: "a" })), /has no port/);
  assert.throws(() => applyStrategicMergePatch(ports({ port: 80 }), { spec: { ports: [80] } }), /are objects/);
  assert.throws(() => applyStrategicMergePatch({}, { $patch: "explode" }), /must be replace/);
});
