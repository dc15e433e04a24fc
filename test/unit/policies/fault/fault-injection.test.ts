import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../../../src/model/object.ts";
import { parseObject } from "../../../../src/model/parse.ts";
import { faultInjectionKind } from "../../../../src/policies/fault/policy.ts";

const TARGET = { group: "", kind: "Service", name: "api" };
const ABORT = { abort: { httpStatus: 503 } };

function policy(spec: object, namespace = "default"): KubeObject {
  return {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "FaultInjection",
    metadata: { name: "f", namespace },
    spec: { targetRefs: [TARGET], rules: [ABORT], ...spec },
  };
}

const rule = (fields: object, namespace?: string) => policy({ rules: [fields] }, namespace);
const target = (ref: object, namespace?: string) => policy({ targetRefs: [{ ...TARGET, ...ref }] }, namespace);
const path = (value: string, type = "PathPrefix") => rule({ ...ABORT, matches: [{ path: { type, value } }] });

const fine: [what: string, object: KubeObject][] = [
  ["an abort", policy({})],
  ["a delay and an abort", rule({ delay: { fixed: "200ms", percent: 50 }, abort: { reset: true, percent: 0.01 } })],
  ["no share at all", rule({ abort: { httpStatus: 500, percent: 0 } })],
  [
    "matches and callers",
    rule({
      ...ABORT,
      matches: [{ path: { value: "/a" }, headers: [{ name: "X-A", value: "1" }], method: "GET" }],
      from: [{ serviceAccount: "web" }],
    }),
  ],
  ["a regular expression", path("/v[0-9]+/.*", "RegularExpression")],
  ["an end", policy({ expiresAt: "2030-01-31T12:00:00.5+01:00" })],
  ["workloads by label", policy({ targetRefs: undefined, selector: { matchLabels: { app: "x" } } })],
  ["its own namespace", target({ kind: "Namespace", name: "default" })],
  ["a rule of a route", target({ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "r", sectionName: "one" })],
  ["the mesh, from the system namespace", target({ group: "meshctl.dev", kind: "MeshConfig", name: "default" }, "meshctl-system")],
];

for (const [what, object] of fine) {
  test(`accepted: ${what}`, () => assert.deepEqual(parseObject(faultInjectionKind, object).violations, []));
}

const refused: [what: string, object: KubeObject, path: string, message: RegExp][] = [
  ["no target", policy({ targetRefs: undefined }), "spec", /targetRefs or selector/],
  ["two ways to attach", policy({ selector: { matchLabels: { a: "b" } } }), "spec.selector", /beside targetRefs/],
  ["an empty selector", policy({ targetRefs: undefined, selector: { matchLabels: {} } }), "spec.selector.matchLabels", /at least 1 label/],
  ["an empty list of targets", policy({ targetRefs: [] }), "spec.targetRefs", /at least 1 entry/],
  ["a target twice", policy({ targetRefs: [TARGET, TARGET] }), "spec.targetRefs[1]", /twice/],
  ["the wrong group", target({ group: "apps" }), "spec.targetRefs[0].group", /must be "" for a Service/],
  ["a kind that is no target", target({ kind: "Pod" }), "spec.targetRefs[0].kind", /one of/],
  ["a foreign namespace", target({ kind: "Namespace", name: "other" }), "spec.targetRefs[0].name", /its own Namespace/],
  [
    "the mesh, from anywhere",
    target({ group: "meshctl.dev", kind: "MeshConfig", name: "default" }),
    "spec.targetRefs[0]",
    /meshctl-system/,
  ],
  [
    "a section of a namespace",
    target({ kind: "Namespace", name: "default", sectionName: "x" }),
    "spec.targetRefs[0].sectionName",
    /no sections/,
  ],
  ["no rules", policy({ rules: [] }), "spec.rules", /at least 1 entry/],
  ["a rule that does nothing", rule({}), "spec.rules[0]", /delay, abort, or both/],
  ["an abort that says nothing", rule({ abort: {} }), "spec.rules[0].abort", /httpStatus or reset/],
  ["an abort that says both", rule({ abort: { httpStatus: 503, reset: true } }), "spec.rules[0].abort", /not both/],
  ["reset: false", rule({ abort: { reset: false } }), "spec.rules[0].abort.reset", /must be true/],
  ["status 199", rule({ abort: { httpStatus: 199 } }), "spec.rules[0].abort.httpStatus", /at least 200/],
  ["status 600", rule({ abort: { httpStatus: 600 } }), "spec.rules[0].abort.httpStatus", /at most 599/],
  ["101 %", rule({ abort: { httpStatus: 503, percent: 101 } }), "spec.rules[0].abort.percent", /at most 100/],
  ["-1 %", rule({ abort: { httpStatus: 503, percent: -1 } }), "spec.rules[0].abort.percent", /at least 0/],
  ["three decimals", rule({ abort: { httpStatus: 503, percent: 0.125 } }), "spec.rules[0].abort.percent", /two decimals/],
  [
    "a share that is text",
    rule({ abort: { httpStatus: 503, percent: "30%" } }),
    "spec.rules[0].abort.percent",
    /must be a number, not a string/,
  ],
  ["a delay without a unit", rule({ delay: { fixed: "200" } }), "spec.rules[0].delay.fixed", /duration with units/],
  ["a delay of nothing", rule({ delay: { fixed: "0s" } }), "spec.rules[0].delay.fixed", /more than 0/],
  ["a delay of two hours", rule({ delay: { fixed: "2h" } }), "spec.rules[0].delay.fixed", /at most 1h/],
  ["an end that is none", policy({ expiresAt: "tomorrow" }), "spec.expiresAt", /RFC 3339/],
  ["an end on the 13th month", policy({ expiresAt: "2030-13-01T00:00:00Z" }), "spec.expiresAt", /RFC 3339/],
  ["a path without a slash", path("a"), "spec.rules[0].matches[0].path.value", /begin with "\/"/],
  ["a path with dots", path("/a/../b"), "spec.rules[0].matches[0].path.value", /no request path does/],
  ["a path with a space", path("/a b", "Exact"), "spec.rules[0].matches[0].path.value", /percent-encoded/],
  ["a broken regular expression", path("/(", "RegularExpression"), "spec.rules[0].matches[0].path.value", /regular expression/],
  ["a look-behind", path("/(?<=a)b", "RegularExpression"), "spec.rules[0].matches[0].path.value", /regular expression/],
  [
    "a header name with a space",
    rule({ ...ABORT, matches: [{ headers: [{ name: "a b", value: "c" }] }] }),
    "spec.rules[0].matches[0].headers[0].name",
    /token/,
  ],
  ["a method that is none", rule({ ...ABORT, matches: [{ method: "get" }] }), "spec.rules[0].matches[0].method", /one of/],
  [
    "a query match, which faults do not have",
    rule({ ...ABORT, matches: [{ queryParams: [] }] }),
    "spec.rules[0].matches[0].queryParams",
    /unknown field/,
  ],
  ["a misspelt field", rule({ abrot: {} }), "spec.rules[0].abrot", /unknown field/],
];

for (const [what, object, at, message] of refused) {
  test(`refused: ${what}`, () => {
    const { violations } = parseObject(faultInjectionKind, object);
    assert.deepEqual([...new Set(violations.map((violation) => violation.path))], [at], JSON.stringify(violations));
    assert.match(violations[0]?.message ?? "", message);
  });
}

test("every share with two decimals is taken as it is, none with three", () => {
  for (let hundredths = 0; hundredths <= 10_000; hundredths += 7) {
    const given = rule({ abort: { httpStatus: 503, percent: Number((hundredths / 100).toFixed(2)) } });
    assert.deepEqual(parseObject(faultInjectionKind, given).violations, [], String(hundredths));
  }
  for (const percent of [0.001, 33.333, 99.999, 12.345]) {
    assert.equal(parseObject(faultInjectionKind, rule({ abort: { httpStatus: 503, percent } })).violations.length, 1);
  }
});
