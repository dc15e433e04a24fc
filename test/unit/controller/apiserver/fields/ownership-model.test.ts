import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathsOf } from "../../../../../src/controller/apiserver/fields/field-set.ts";
import { formatOwners, NO_OWNERS, type Owners, parseOwners } from "../../../../../src/controller/apiserver/fields/owners.ts";
import { applyConfig, ownersAfterUpdate } from "../../../../../src/controller/apiserver/fields/ownership.ts";
import { type Topology, topologyOfSchema } from "../../../../../src/controller/apiserver/fields/topology.ts";
import { flatten, type ModelObject, OwnershipModel } from "../../../../support/field-ownership-model.ts";

const number = { type: "integer" } as const;
const text = { type: "string" } as const;
const TOPOLOGY: Topology = topologyOfSchema({
  type: "object",
  properties: {
    fields: { type: "object", properties: { a: number, b: number, c: number } },
    nested: { type: "object", properties: { deep: { type: "object", properties: { a: number, b: number } } } },
    items: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        properties: { name: text, size: number, tags: { type: "array", "x-kubernetes-list-type": "set", items: text } },
      },
    },
    set: { type: "array", "x-kubernetes-list-type": "set", items: text },
    whole: { type: "array", items: number },
  },
});

/** Nobody owns what was there from the start. */
const INITIAL: ModelObject = { fields: { c: 7 }, items: [{ name: "first", size: 7 }] };
const MANAGERS = ["ann", "bob", "cyd"];

const small = fc.integer({ min: 0, max: 2 });
const values = (letters: string): fc.Arbitrary<string[]> => fc.uniqueArray(fc.constantFrom(...letters), { minLength: 1, maxLength: 3 });
const items = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("first", "x", "y", "z"), size: small, tags: values("pqr") }, { requiredKeys: ["name"] }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);
const someOf = (...names: string[]): fc.Arbitrary<Record<string, number>> =>
  fc.dictionary(fc.constantFrom(...names), small, { minKeys: 1, maxKeys: names.length, noNullPrototype: true });
const config: fc.Arbitrary<ModelObject> = fc.record(
  {
    fields: someOf("a", "b", "c"),
    nested: fc.record({ deep: someOf("a", "b") }),
    items,
    set: values("stu"),
    whole: fc.array(small, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const step = fc.oneof(
  { weight: 9, arbitrary: fc.record({ manager: fc.constantFrom(...MANAGERS), config, force: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ updater: fc.constantFrom("una", "udo"), field: fc.constantFrom("a", "b", "c"), value: small }) },
);

const APPLIER = { operation: "Apply", apiVersion: "v1" } as const;
const UPDATER = { operation: "Update", apiVersion: "v1" } as const;

/** `manager path` with the model's spelling of paths; struct fields themselves belong to nobody in it. */
function ownershipOf(owners: Owners): readonly string[] {
  const all = [...owners.values()].flatMap(({ manager, fields }) => [...pathsOf(fields)].map((path) => `${manager} ${modelPath(path)}`));
  return all.sort();
}

function modelPath(steps: readonly string[]): string {
  return steps
    .map((part) => {
      const body = part.slice(2);
      if (part.startsWith("k:")) return (JSON.parse(body) as { name: string }).name;
      return part.startsWith("v:") ? (JSON.parse(body) as string) : body;
    })
    .join("/");
}

test("any interleaving of applies by three managers, and of writes between them, is what the model of field ownership says", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const model = new OwnershipModel(INITIAL);
      let live: unknown = INITIAL;
      let owners = NO_OWNERS;
      for (const next of steps) {
        if ("updater" in next) {
          // Structs are there already, or the writer would own them too.
          if ((live as ModelObject).fields === undefined) continue;
          const { updater, field, value } = next;
          const changed = { ...(live as ModelObject), fields: { ...(live as ModelObject).fields, [field]: value } };
          owners = ownersAfterUpdate(live, changed, TOPOLOGY, owners, { manager: updater, ...UPDATER });
          live = changed;
          model.set(updater, `fields/${field}`, String(value));
        } else {
          const applier = { manager: next.manager, ...APPLIER };
          const applied = applyConfig(live, next.config, TOPOLOGY, owners, applier, next.force);
          const conflicts = (applied.conflicts ?? []).map(({ owner, path }) => `${owner.manager} ${modelPath(path)}`).sort();
          assert.deepEqual(conflicts, model.apply(next.manager, next.config, next.force));
          if (applied.conflicts === null) {
            live = applied.value;
            owners = applied.owners;
            const again = applyConfig(live, next.config, TOPOLOGY, owners, applier, false);
            assert.ok(again.conflicts === null && again.value === live, "a second apply of the same changes nothing");
            assert.deepEqual(formatOwners(again.owners), formatOwners(owners));
          }
        }
        assert.deepEqual([...flatten(live as ModelObject)].sort(), [...model.live].sort());
        assert.deepEqual(ownershipOf(owners), model.ownership());
        assert.deepEqual(parseOwners(JSON.parse(JSON.stringify(formatOwners(owners)))), owners, "as managedFields and back");
      }
    }),
    { numRuns: 300 },
  );
});
