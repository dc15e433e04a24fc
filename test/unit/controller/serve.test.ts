import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Endpoint } from "../../../src/controller/http.ts";
import { HttpError } from "../../../src/controller/http.ts";
import { sameSecret } from "../../../src/controller/serve/caller.ts";
import { Router } from "../../../src/controller/serve/router.ts";
import { filterOf, parseTapQuery } from "../../../src/controller/tap/query.ts";

const endpoint = (method: string, path: string): Endpoint => ({ method, path, access: "public", handle: () => {} });

describe("the router", () => {
  const router = new Router([
    endpoint("GET", "/meshctl/v1/proxies"),
    endpoint("GET", "/meshctl/v1/proxies/:namespace/:instance"),
    endpoint("POST", "/meshctl/v1/proxies"),
    endpoint("*", "/api/*"),
  ]);
  const match = (method: string, path: string) => {
    const found = router.match(method, path);
    return "allowed" in found ? found.allowed : [found.endpoint.path, { ...found.params }];
  };

  it("finds by method and path, decodes parameters, and names the methods there are", () => {
    assert.deepEqual(match("GET", "/meshctl/v1/proxies"), ["/meshctl/v1/proxies", {}]);
    assert.deepEqual(match("GET", "/meshctl/v1/proxies/default/api%2D1"), [
      "/meshctl/v1/proxies/:namespace/:instance",
      { namespace: "default", instance: "api-1" },
    ]);
    assert.deepEqual(match("DELETE", "/meshctl/v1/proxies"), ["GET", "POST"]);
    assert.deepEqual(match("PATCH", "/api/v1/namespaces"), ["/api/*", {}]);
    assert.deepEqual(match("GET", "/api"), ["/api/*", {}]);
  });

  for (const path of [
    "/",
    "/apix",
    "/meshctl/v1/proxies/",
    "/meshctl/v1/proxies/a",
    "/meshctl/v1/proxies/a/b/c",
    "/meshctl/v1/proxies/%ff/b",
    "//api",
  ]) {
    it(`knows nothing at ${path}`, () => assert.deepEqual(match("GET", path), []));
  }
});

describe("secrets", () => {
  it("are compared whole", () => {
    assert.equal(sameSecret("abc", "abc"), true);
    for (const other of ["abd", "ab", "abcd", "", "ABC"]) assert.equal(sameSecret("abc", other), false);
  });
});

describe("tap queries", () => {
  it("become the filter that proxies evaluate", () => {
    const query = parseTapQuery(
      new URLSearchParams("namespace=shop&service=api&method=get&status=5xx&from=web&to=ns/x&header=A-B:%20c%20&path=/i"),
    );
    assert.deepEqual([query.maxPerSecond, query.method], [100, "GET"]);
    assert.deepEqual(filterOf(query, null), {
      method: "GET",
      pathPrefix: "/i",
      authority: "",
      status: "5xx",
      fromWorkload: "shop/web",
      toWorkload: "ns/x",
      toService: "shop/api",
      baseService: "",
      versionWorkloads: [],
      direction: "",
      reason: "",
      headers: [{ name: "a-b", match: { kind: 1, value: "c" } }],
    });
  });

  for (const text of [
    "",
    "service=a&workload=b",
    "service=A_b",
    "service=a&status=6xx",
    "service=a&status=50",
    "service=a&direction=both",
    "service=a&maxPerSecond=0",
    "service=a&maxPerSecond=1e9",
    "service=a&maxPerSecond=1.5",
    "service=a&header=nocolon",
    "service=a&header=:v",
    "service=a&method=G%20ET",
    "service=a&unknown=1",
    "service=a&namespace=../x",
    `service=a&path=${"x".repeat(1025)}`,
  ]) {
    it(`are refused: ${text.slice(0, 40)}`, () => {
      assert.throws(
        () => parseTapQuery(new URLSearchParams(text)),
        (error) => error instanceof HttpError && error.status === 400,
      );
    });
  }
});
