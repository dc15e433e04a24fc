import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CliMesh, startCliMesh } from "../../support/cli.ts";

const ROUTE = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: half
spec:
  parentRefs: [{group: "", kind: Service, name: api, port: 80}]
  rules:
    - backendRefs: [{name: api-v1, port: 80}]
      timeouts:
        request: 1s
      filters:
        - type: ResponseHeaderModifier
          responseHeaderModifier: {remove: [server]}
`;
const NAMED = [
  /^Warning: -:12:11: spec\.rules\[0\]\.filters\[0\]: the filter ResponseHeaderModifier is not supported yet.*500/m,
  /^Warning: -:9:7: spec\.rules\[0\]\.timeouts: is not supported yet and has no effect/m,
];

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
});
after(() => mesh.close());

test("apply warns of each field that will not be heeded, with its place, also on a dry run", async () => {
  for (const argv of [["--dry-run"], [], ["-o", "yaml"]]) {
    const { code, stdout, stderr } = await mesh.cli(["apply", "-f", "-", ...argv], { stdin: ROUTE });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /half/);
    for (const warning of NAMED) assert.match(stderr, warning);
  }
  const plain = ROUTE.slice(0, ROUTE.indexOf("      timeouts"));
  const { stderr } = await mesh.cli(["apply", "-f", "-"], { stdin: plain });
  assert.equal(stderr, "");
});
