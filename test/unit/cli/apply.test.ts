import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import * as fc from "fast-check";
import { LAST_APPLIED, lastApplied, withLastApplied } from "../../../src/cli/apply/last-applied.ts";
import { sameJson, threeWayPatch } from "../../../src/cli/apply/merge.ts";
import { unifiedDiff } from "../../../src/cli/output/unified-diff.ts";

describe("three-way patch", () => {
  const table: [string, unknown, Record<string, unknown>, Record<string, unknown>, unknown][] = [
    ["nothing to do", { a: 1 }, { a: 1 }, { a: 1, server: true }, {}],
    ["a changed value", { a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }],
    ["a field that was applied and is no more", { a: 1, b: { c: 1 } }, { a: 1 }, { a: 1, b: { c: 1 } }, { b: null }],
    ["a field of somebody else stays", { a: 1 }, { a: 1 }, { a: 1, other: 1 }, {}],
    ["depth", { m: { x: 1, y: 1 } }, { m: { x: 2 } }, { m: { x: 1, y: 1, z: 1 } }, { m: { x: 2, y: null } }],
    ["lists are whole", { l: [1, 2] }, { l: [1] }, { l: [1, 2] }, { l: [1] }],
    ["order of fields does not count", null, { l: [{ a: 1, b: 2 }] }, { l: [{ b: 2, a: 1 }] }, {}],
    ["null means not there", null, { a: null, b: null }, { a: 1 }, { a: null }],
    ["an object in place of a value", null, { a: { b: 1 } }, { a: 1 }, { a: { b: 1 } }],
    ["gone already", { a: 1 }, {}, {}, {}],
  ];
  for (const [name, last, desired, current, expected] of table) {
    it(name, () => assert.deepEqual(threeWayPatch(last, desired, current), expected));
  }
});

test("what was applied is remembered as kubectl remembers it", () => {
  const object = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a", resourceVersion: "4", uid: "u", annotations: { [LAST_APPLIED]: "old", mine: "x" } },
    spec: { ports: [] },
    status: { gone: true },
  };
  const stored = withLastApplied(object);
  assert.equal(stored.status, undefined);
  assert.equal(stored.metadata.resourceVersion, undefined);
  assert.equal(stored.metadata.annotations?.mine, "x");
  assert.deepEqual(lastApplied(stored), {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a", annotations: { mine: "x" } },
    spec: { ports: [] },
  });
  assert.equal(lastApplied({ ...object, metadata: { name: "a", annotations: { [LAST_APPLIED]: "{" } } }), null);
});

test("equal as JSON", () => {
  assert.ok(sameJson({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] }));
  for (const [left, right] of [
    [{ a: 1 }, { a: 1, b: 2 }],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: undefined }, { b: undefined }],
    [null, {}],
    [[], {}],
  ]) {
    assert.ok(!sameJson(left, right), JSON.stringify([left, right]));
  }
});

/** Applies the hunks of a unified diff to `before`; only what a patch program would need is read. */
function patch(before: string[], diff: string[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const line of diff) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    if (hunk) {
      const start = Math.max(0, Number(hunk[1]) - 1);
      while (at < start) result.push(before[at++] ?? "");
    } else if (line.startsWith("+")) result.push(line.slice(1));
    else {
      assert.equal(before[at], line.slice(1));
      if (line.startsWith(" ")) result.push(before[at] ?? "");
      at += 1;
    }
  }
  return [...result, ...before.slice(at)];
}

test("a unified diff leads from one text to the other", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = unifiedDiff(before.join("\n"), after.join("\n"));
      if (before.join("\n") === after.join("\n")) assert.deepEqual(diff, []);
      else assert.deepEqual(patch(before, diff), after);
    }),
    { numRuns: 300 },
  );
});

test("a unified diff shows three lines around a change", () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
  const after = before.map((line) => (line === "line 10" ? "changed" : line));
  assert.deepEqual(unifiedDiff(before.join("\n"), after.join("\n")), [
    "@@ -7,7 +7,7 @@",
    " line 7",
    " line 8",
    " line 9",
    "-line 10",
    "+changed",
    " line 11",
    " line 12",
    " line 13",
  ]);
});
