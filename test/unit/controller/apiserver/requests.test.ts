import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../../../../src/controller/http.ts";
import { applyMergePatch } from "../../../../src/controller/apiserver/merge-patch.ts";
import { negotiate } from "../../../../src/controller/apiserver/negotiate.ts";
import { parseResourcePath } from "../../../../src/controller/apiserver/request.ts";
import { allKinds } from "../../../../src/policies/kinds.ts";

const paths: [path: string, meaning: string | null][] = [
  ["/api/v1/services", "Service"],
  ["/api/v1/namespaces", "Namespace"],
  ["/api/v1/namespaces/a", "Namespace a"],
  ["/api/v1/namespaces/a/status", "Namespace a/status"],
  ["/api/v1/namespaces/a/services", "Service in a"],
  ["/api/v1/namespaces/a/services/b", "Service b in a"],
  ["/api/v1/namespaces/a/services/b/status", "Service b/status in a"],
  ["/apis/meshctl.dev/v1alpha1/meshconfigs/default", "MeshConfig default"],
  ["/apis/gateway.networking.k8s.io/v1beta1/namespaces/a/httproutes/b/", "HTTPRoute b in a"],
  ["/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aodd", "ClusterRole system:odd"],
  ["/api/v1/services/b", null],
  ["/api/v1/namespaces/a/services/b/status/more", null],
  ["/api/v1/namespaces/a/namespaces/b", null],
  ["/apis/meshctl.dev/v1alpha1/namespaces/a/meshconfigs", null],
  ["/apis/meshctl.dev/v1alpha1/namespaces/a", null],
  ["/api/v2/services", null],
  ["/apis/v1/services", null],
  ["/api/v1/namespaces/a%2Fb/services", null],
  ["/api/v1/namespaces/%/services", null],
  ["/api/v1//services", null],
  ["/api", null],
];

for (const [path, meaning] of paths) {
  test(`${path} is ${meaning ?? "nothing"}`, () => {
    const request = parseResourcePath(path, new URLSearchParams(), allKinds());
    const said =
      request === null
        ? null
        : [request.kind.kind, [request.name, request.subresource].filter(Boolean).join("/"), request.namespace && `in ${request.namespace}`]
            .filter(Boolean)
            .join(" ");
    assert.equal(said, meaning);
  });
}

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const accepts: [accept: string | undefined, meaning: string | null][] = [
  [undefined, "json object"],
  ["", "json object"],
  ["*/*", "json object"],
  ["application/json", "json object"],
  ["application/yaml", "yaml object"],
  [`${TABLE},application/json`, "json Table v1"],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", "json Table v1beta1"],
  ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "json object"],
  ["application/json;as=Nonsense;v=v1;g=meta.k8s.io, */*", "json object"],
  ["application/vnd.kubernetes.protobuf,application/json", "json object"],
  [`application/json;q=0.5,${TABLE};q=0.9`, "json Table v1"],
  ["application/json;q=0,application/yaml", "yaml object"],
  ["application/vnd.kubernetes.protobuf", null],
  ["text/html", null],
  ["application/json;stream=watch", null],
];

for (const [accept, meaning] of accepts) {
  test(`Accept: ${accept} is answered with ${meaning ?? "406"}`, () => {
    try {
      const { format, as, version } = negotiate(accept, ["Table"]);
      assert.equal(`${format} ${as} ${version}`.trim(), meaning);
    } catch (error) {
      assert.ok(error instanceof HttpError, String(error));
      assert.deepEqual([error.status, meaning], [406, null]);
    }
  });
}

// The examples of RFC 7386, appendix A.
const merges: [target: unknown, patch: unknown, result: unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test("merge patches do what RFC 7386 shows", () => {
  for (const [target, patch, result] of merges) assert.deepEqual(applyMergePatch(target, patch), result, JSON.stringify(patch));
});
