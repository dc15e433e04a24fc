import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../../../src/model/object.ts";
import { parseObject } from "../../../../src/model/parse.ts";
import { httpRouteKind } from "../../../../src/policies/route/policy.ts";
import type { HTTPRoute } from "../../../../src/policies/route/schema.ts";

const PARENT = { group: "", kind: "Service", name: "api", port: 80 };
const BACKEND = { name: "api-v1", port: 80 };

function route(spec: object): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "r", namespace: "default" },
    spec: { parentRefs: [PARENT], ...spec },
  };
}

const rule = (fields: object) => route({ rules: [{ backendRefs: [BACKEND], ...fields }] });
const filters = (...list: object[]) => rule({ filters: list });
const redirect = (fields: object) => route({ rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: fields }] }] });
const match = (fields: object) => rule({ matches: [fields] });
const rewrite = (path: object) => ({ type: "URLRewrite", urlRewrite: { path } });

test("defaults are the Gateway API's", () => {
  const { object } = parseObject(httpRouteKind, route({ parentRefs: [{ name: "edge" }], rules: undefined }));
  assert.deepEqual(object?.spec, {
    parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "edge" }],
    rules: [{ matches: [{ path: { type: "PathPrefix", value: "/" } }] }],
  });
  const { object: split } = parseObject(httpRouteKind, rule({ matches: [{ path: {}, headers: [{ name: "a", value: "b" }] }] }));
  assert.deepEqual((split as HTTPRoute).spec?.rules[0], {
    matches: [{ path: { type: "PathPrefix", value: "/" }, headers: [{ type: "Exact", name: "a", value: "b" }] }],
    backendRefs: [{ group: "", kind: "Service", name: "api-v1", port: 80, weight: 1 }],
  });
});

const fine: [what: string, object: KubeObject][] = [
  [
    "weights",
    route({
      rules: [
        {
          backendRefs: [
            { ...BACKEND, weight: 0 },
            { name: "b", port: 1, weight: 1_000_000 },
          ],
        },
      ],
    }),
  ],
  ["hosts", route({ hostnames: ["a.example.com", "*.example.com"], rules: [{ backendRefs: [BACKEND] }] })],
  ["two ports of one Service", route({ parentRefs: [PARENT, { ...PARENT, port: 81 }] })],
  [
    "every part of a match",
    match({
      path: { type: "Exact", value: "/a" },
      headers: [{ name: "a", value: "b", type: "RegularExpression" }],
      queryParams: [{ name: "q", value: "1" }],
      method: "GET",
    }),
  ],
  [
    "header filters",
    filters(
      {
        type: "RequestHeaderModifier",
        requestHeaderModifier: { set: [{ name: "a", value: "b" }], add: [{ name: "c", value: "d" }], remove: ["e"] },
      },
      { type: "ResponseHeaderModifier", responseHeaderModifier: {} },
    ),
  ],
  [
    "mirrors",
    filters(
      { type: "RequestMirror", requestMirror: { backendRef: BACKEND, percent: 5 } },
      { type: "RequestMirror", requestMirror: { backendRef: BACKEND, fraction: { numerator: 1, denominator: 1000 } } },
    ),
  ],
  [
    "a redirect",
    redirect({
      scheme: "https",
      hostname: "b.example.com",
      port: 443,
      statusCode: 308,
      path: { type: "ReplaceFullPath", replaceFullPath: "/x" },
    }),
  ],
  [
    "a rewrite of a prefix",
    rule({ matches: [{ path: { value: "/a" } }], filters: [rewrite({ type: "ReplacePrefixMatch", replacePrefixMatch: "/b" })] }),
  ],
  [
    "CORS",
    filters({
      type: "CORS",
      cors: {
        allowOrigins: ["https://a.example.com"],
        allowCredentials: true,
        allowMethods: ["*"],
        allowHeaders: ["*"],
        exposeHeaders: ["x"],
        maxAge: 60,
      },
    }),
  ],
  [
    "external authentication",
    filters({
      type: "ExternalAuth",
      externalAuth: {
        protocol: "HTTP",
        backendRef: BACKEND,
        http: { path: "/check", allowedHeaders: ["a"], allowedResponseHeaders: ["b"] },
        forwardBody: { maxSize: 100 },
      },
    }),
  ],
  ["an extension", filters({ type: "ExtensionRef", extensionRef: { group: "g", kind: "K", name: "n" } })],
  [
    "deadlines, tries, sessions",
    rule({
      timeouts: { request: "10s", backendRequest: "2s" },
      retry: { codes: [500, 503], attempts: 2, backoff: "100ms" },
      sessionPersistence: {
        sessionName: "s",
        type: "Cookie",
        absoluteTimeout: "1h",
        idleTimeout: "5m",
        cookieConfig: { lifetimeType: "Permanent" },
      },
    }),
  ],
  ["a deadline of nothing", rule({ timeouts: { request: "0s", backendRequest: "2s" } })],
  [
    "filters of one backend",
    route({ rules: [{ backendRefs: [{ ...BACKEND, filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: {} }] }] }] }),
  ],
  ["default Gateways", route({ useDefaultGateways: "All" })],
  ["names of rules", route({ rules: [{ name: "a" }, { name: "b" }] })],
];

for (const [what, object] of fine) {
  test(`accepted: ${what}`, () => assert.deepEqual(parseObject(httpRouteKind, object).violations, []));
}

const refused: [what: string, object: KubeObject, path: string, message: RegExp][] = [
  [
    "a Service parent without its group",
    route({ parentRefs: [{ kind: "Service", name: "api" }] }),
    "spec.parentRefs[0].group",
    /must be ""/,
  ],
  ["a parent twice", route({ parentRefs: [PARENT, PARENT] }), "spec.parentRefs[1]", /again/],
  ["a parent with and without a port", route({ parentRefs: [PARENT, { ...PARENT, port: undefined }] }), "spec.parentRefs[1]", /again/],
  ["no rules", route({ rules: [] }), "spec.rules", /at least 1 entry/],
  ["17 rules", route({ rules: Array.from({ length: 17 }, () => ({})) }), "spec.rules", /at most 16 entries/],
  [
    "129 matches",
    route({ rules: Array.from({ length: 3 }, () => ({ matches: Array.from({ length: 43 }, () => ({ method: "GET" })) })) }),
    "spec.rules",
    /at most 128 matches/,
  ],
  ["a rule's name twice", route({ rules: [{ name: "a" }, { name: "a" }] }), "spec.rules[1].name", /twice/],
  ["a negative weight", rule({ backendRefs: [{ ...BACKEND, weight: -1 }] }), "spec.rules[0].backendRefs[0].weight", /at least 0/],
  [
    "a weight over a million",
    rule({ backendRefs: [{ ...BACKEND, weight: 1_000_001 }] }),
    "spec.rules[0].backendRefs[0].weight",
    /at most 1000000/,
  ],
  [
    "a weight that is not a number",
    rule({ backendRefs: [{ ...BACKEND, weight: Number.NaN }] }),
    "spec.rules[0].backendRefs[0].weight",
    /must be/,
  ],
  ["a backend without a port", rule({ backendRefs: [{ name: "b" }] }), "spec.rules[0].backendRefs[0].port", /required/],
  ["a host with a port", route({ hostnames: ["a.example.com:80"] }), "spec.hostnames[0]", /host name/],
  ["a host with a star inside", route({ hostnames: ["a.*.com"] }), "spec.hostnames[0]", /host name/],
  ["an encoded slash in a path", match({ path: { value: "/a%2Fb" } }), "spec.rules[0].matches[0].path.value", /%2F/],
  ["a filter without its field", filters({ type: "CORS" }), "spec.rules[0].filters[0].cors", /required/],
  [
    "a filter with another's field",
    filters({ type: "CORS", cors: {}, urlRewrite: {} }),
    "spec.rules[0].filters[0].urlRewrite",
    /must not stand/,
  ],
  ["a filter that is none", filters({ type: "Compress" }), "spec.rules[0].filters[0].type", /one of/],
  ["a filter twice", filters({ type: "CORS", cors: {} }, { type: "CORS", cors: {} }), "spec.rules[0].filters[1].type", /once/],
  [
    "a redirect with backends",
    rule({ filters: [{ type: "RequestRedirect", requestRedirect: {} }] }),
    "spec.rules[0].backendRefs",
    /RequestRedirect/,
  ],
  ["redirect status 200", redirect({ statusCode: 200 }), "spec.rules[0].filters[0].requestRedirect.statusCode", /301/],
  [
    "a prefix rewrite of an exact match",
    rule({
      matches: [{ path: { type: "Exact", value: "/a" } }],
      filters: [rewrite({ type: "ReplacePrefixMatch", replacePrefixMatch: "/" })],
    }),
    "spec.rules[0].filters[0].urlRewrite.path.type",
    /PathPrefix/,
  ],
  [
    "a path modifier of two minds",
    filters(rewrite({ type: "ReplaceFullPath", replaceFullPath: "/a", replacePrefixMatch: "/b" })),
    "spec.rules[0].filters[0].urlRewrite.path.replacePrefixMatch",
    /must not stand/,
  ],
  [
    "a mirror with percent and fraction",
    filters({ type: "RequestMirror", requestMirror: { backendRef: BACKEND, percent: 1, fraction: { numerator: 1 } } }),
    "spec.rules[0].filters[0].requestMirror.fraction",
    /beside percent/,
  ],
  [
    "a fraction over one",
    filters({ type: "RequestMirror", requestMirror: { backendRef: BACKEND, fraction: { numerator: 101 } } }),
    "spec.rules[0].filters[0].requestMirror.fraction.numerator",
    /at most denominator/,
  ],
  [
    "a try longer than the request",
    rule({ timeouts: { request: "1s", backendRequest: "2s" } }),
    "spec.rules[0].timeouts.backendRequest",
    /longer/,
  ],
  [
    "a permanent cookie without an end",
    rule({ sessionPersistence: { cookieConfig: { lifetimeType: "Permanent" } } }),
    "spec.rules[0].sessionPersistence.absoluteTimeout",
    /required/,
  ],
  ["retry code 200", rule({ retry: { codes: [200] } }), "spec.rules[0].retry.codes[0]", /at least 400/],
  ["a misspelt field", rule({ backendRef: [] }), "spec.rules[0].backendRef", /unknown field/],
];

for (const [what, object, at, message] of refused) {
  test(`refused: ${what}`, () => {
    const { violations } = parseObject(httpRouteKind, object);
    assert.deepEqual([...new Set(violations.map((violation) => violation.path))], [at], JSON.stringify(violations));
    assert.match(violations[0]?.message ?? "", message);
  });
}
