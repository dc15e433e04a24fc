import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/model/object.ts";
import { parseObject } from "../../../src/model/parse.ts";
import { allKinds } from "../../../src/policies/kinds.ts";

const POLICIES = fileURLToPath(new URL("../../../src/policies", import.meta.url));
const folders = readdirSync(POLICIES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(POLICIES, entry.name, "policy.ts")))
  .map((entry) => entry.name);

test("there are policies", () => assert.ok(folders.length >= 2));

for (const folder of folders) {
  const text = readFileSync(join(POLICIES, folder, "README.md"), "utf8");

  test(`${folder}: its README has every section, in order`, () => {
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(sections, ["What it does", "Fields", "Examples", "Interactions", "Metrics"]);
  });

  test(`${folder}: every example of its README is a valid object`, () => {
    const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, yaml = ""]) => parseAllDocuments(yaml));
    assert.ok(examples.length > 0);
    for (const document of examples) {
      const object = document.toJS() as KubeObject;
      const kind = allKinds().byKind(object.apiVersion, object.kind);
      assert.ok(kind, `${object.apiVersion} ${object.kind}`);
      assert.deepEqual(parseObject(kind, object).violations, []);
    }
  });
}
