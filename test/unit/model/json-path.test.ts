import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCell, parseJsonPath, valuesAt } from "../../../src/model/json-path.ts";

const value = {
  a: [{ b: 1 }, { b: 2 }, {}],
  labels: { "x/y": "z" },
  conditions: [
    { type: "Accepted", status: "True" },
    { type: "Programmed", status: "False" },
  ],
  nothing: null,
};

const table: [path: string, cell: string | null][] = [
  [".a[*].b", "1,2"],
  [".a[1].b", "2"],
  [".a[7].b", ""],
  [".labels['x/y']", "z"],
  [".labels", "x/y=z"],
  [".conditions[?(@.type=='Programmed')].status", "False"],
  ['.conditions[?(@.type == "Accepted")].status', "True"],
  [".nothing", ""],
  [".a.b", ""],
  [".__proto__", ""],
  ["", "[object]"],
  ["a", null],
  [".a[", null],
  [".a[?(@.b>1)]", null],
];

for (const [path, cell] of table) {
  test(`"${path}" → ${cell === null ? "not a path" : `"${cell}"`}`, () => {
    const steps = parseJsonPath(path);
    if (steps === null || cell === null) assert.deepEqual([steps, cell], [null, null]);
    else if (path === "") assert.deepEqual(valuesAt(value, steps), [value]);
    else assert.equal(formatCell(valuesAt(value, steps)), cell);
  });
}
