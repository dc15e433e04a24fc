/** Manifests of the Gateway API's own mesh conformance tests (folder gateway-api-mesh of MESHCTL_CORPORA) pass our schemas. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/model/object.ts";
import { parseObject } from "../../../src/model/parse.ts";
import { allKinds } from "../../../src/policies/kinds.ts";

const folder = join(process.env.MESHCTL_CORPORA ?? "", "gateway-api-mesh");
const skip =
  process.env.MESHCTL_CORPORA === undefined
    ? "MESHCTL_CORPORA is not set"
    : existsSync(folder)
      ? false
      : "no gateway-api-mesh folder in MESHCTL_CORPORA";

test("every object of the corpus whose kind we know is valid", { skip }, () => {
  let routes = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(readFileSync(join(folder, name), "utf8"))) {
      const object = document.toJS() as KubeObject | null;
      const kind = object === null ? undefined : allKinds().byKind(object.apiVersion, object.kind);
      if (object === null || kind === undefined) continue;
      if (kind.kind === "HTTPRoute") routes += 1;
      assert.deepEqual(parseObject(kind, object).violations, [], `${name}: ${object.kind} ${object.metadata.name}`);
    }
  }
  assert.ok(routes >= 5, `only ${routes} routes`);
});
