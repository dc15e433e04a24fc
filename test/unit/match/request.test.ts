import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalPath } from "../../../src/match/path.ts";
import { comparisonForm } from "../../../src/match/comparison.ts";
import { queryValue } from "../../../src/match/query.ts";
import { matchesAny, RequestMatcher } from "../../../src/match/request.ts";
import { type NamedRule, RULE_KIND, type StringRule } from "../../../src/match/rule.ts";
import { MatchKind } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { requestView } from "../../support/request-view.ts";

const exact = (value: string): StringRule => ({ kind: RULE_KIND.EXACT, value });
const prefix = (value: string): StringRule => ({ kind: RULE_KIND.PREFIX, value });
const regex = (value: string): StringRule => ({ kind: RULE_KIND.REGEX, value });

test("kinds have the numbers of the wire", () => assert.deepEqual(RULE_KIND, MatchKind));

/** Rule, path as sent, whether it holds. */
const PATHS: readonly (readonly [StringRule | undefined, string, boolean])[] = [
  [undefined, "/anything", true],
  [exact("/a"), "/a", true],
  [exact("/a"), "/a/", false],
  [exact("/a"), "/A", false],
  [exact("/a"), "/x/../a", true],
  [exact("/%61//b"), "/a/b", true],
  [exact("/a%40b"), "/a@b", true],
  [exact("/a@b"), "/a%40b", true],
  [exact("/a b".replace(" ", "%20")), "/a%20b", true],
  [exact("/a|b"), "/a%7cb", true],
  [exact("/a%25b"), "/a%25b", true],
  [exact("/a%2525"), "/a%25", false],
  [exact("/a;b"), "/a%3Bb", false],
  [exact("/caf%C3%A9"), "/caf%c3%a9", true],
  [prefix("/"), "/", true],
  [prefix("/"), "/a/b", true],
  [prefix("/foo"), "/foo", true],
  [prefix("/foo"), "/foo/", true],
  [prefix("/foo"), "/foo/bar", true],
  [prefix("/foo"), "/foobar", false],
  [prefix("/foo"), "/fo", false],
  [prefix("/foo/"), "/foo", true],
  [prefix("/foo/"), "/foo/bar", true],
  [prefix("/foo/"), "/foobar", false],
  [prefix("/a@b"), "/a%40b/c", true],
  [regex("/items/[0-9]+"), "/items/42", true],
  [regex("/items/[0-9]+"), "/items/42/x", false],
  [regex("/items/[0-9]+"), "/x/items/42", false],
  [regex("/a|/b"), "/b", true],
  [regex("/a|/b"), "/bc", false],
  [regex("/a@b"), "/a%40b", true],
];

for (const [rule, sent, holds] of PATHS) {
  test(`path ${rule ? `${Object.keys(RULE_KIND)[rule.kind]} ${rule.value}` : "any"} ${holds ? "holds" : "does not hold"} for ${sent}`, () => {
    const path = canonicalPath(sent);
    assert.ok(typeof path === "string");
    const rules = new RequestMatcher({ path: rule, headers: [], query: [], method: "" });
    assert.equal(rules.matches(requestView(path), comparisonForm(path)), holds);
  });
}

test("the prefix '/' holds for `OPTIONS *` too", () => {
  assert.ok(new RequestMatcher({ path: prefix("/"), headers: [], query: [], method: "" }).matches(requestView("*"), "*"));
  assert.ok(!new RequestMatcher({ path: prefix("/a"), headers: [], query: [], method: "" }).matches(requestView("*"), "*"));
});

function matcher(over: { method?: string; headers?: NamedRule[]; query?: NamedRule[] }): RequestMatcher {
  return new RequestMatcher({ path: undefined, method: over.method ?? "", headers: over.headers ?? [], query: over.query ?? [] });
}

test("every part must hold", () => {
  const rule = matcher({
    method: "POST",
    headers: [
      { name: "X-Canary", match: exact("yes") },
      { name: "user-agent", match: regex("curl/.*") },
    ],
    query: [{ name: "v", match: exact("2") }],
  });
  const headers = { "x-canary": "yes", "user-agent": "curl/8" };
  assert.ok(rule.matches(requestView("/?v=2", { method: "POST", headers }), "/"));
  assert.ok(!rule.matches(requestView("/?v=2", { method: "GET", headers }), "/"));
  assert.ok(!rule.matches(requestView("/?v=3", { method: "POST", headers }), "/"));
  assert.ok(!rule.matches(requestView("/", { method: "POST", headers }), "/"));
  assert.ok(!rule.matches(requestView("/?v=2", { method: "POST", headers: { "x-canary": "yes" } }), "/"));
  assert.ok(!rule.matches(requestView("/?v=2", { method: "POST", headers: { ...headers, "x-canary": "yes, yes" } }), "/"));
});

test("an absent header is not an empty one", () => {
  const rule = matcher({ headers: [{ name: "a", match: exact("") }] });
  assert.ok(rule.matches(requestView("/", { headers: { a: "" } }), "/"));
  assert.ok(!rule.matches(requestView("/"), "/"));
});

test("any of several matches is enough, none at all means everything", () => {
  const rules = [matcher({ method: "GET" }), matcher({ method: "PUT" })];
  assert.ok(matchesAny(rules, requestView("/", { method: "PUT" }), "/"));
  assert.ok(!matchesAny(rules, requestView("/", { method: "POST" }), "/"));
  assert.ok(matchesAny([], requestView("/"), "/"));
});

const QUERIES: readonly (readonly [query: string, name: string, value: string | undefined])[] = [
  ["a=1&b=2", "b", "2"],
  ["a=1&a=2", "a", "1"],
  ["a", "a", ""],
  ["a=", "a", ""],
  ["a==b", "a", "=b"],
  ["ab=1&a=2", "a", "2"],
  ["&&a=1", "a", "1"],
  ["", "a", undefined],
  ["b=a", "a", undefined],
  ["b&a=1", "b", ""],
  ["a=x+y%20z", "a", "x y z"],
  ["%61=1", "a", "1"],
  ["a+b=1", "a b", "1"],
  ["a%2Bb=1", "a+b", "1"],
  ["a+b=1", "a+b", undefined],
  ["q=100%", "q", "100%"],
  ["a=1;b=2", "b", undefined],
  ["caf%C3%A9=1", "café", "1"],
  ["__proto__=1", "__proto__", "1"],
];

for (const [query, name, value] of QUERIES) {
  test(`query '${query}' has ${name} = ${value}`, () => assert.equal(queryValue(query, name), value));
}

test("queries are read as the platform's own parser reads them", () => {
  const piece = fc.constantFrom("a", "b", "=", "&", "+", "%20", "%26", "%3D", "%2B", "%C3%A9", "/", "?", ";");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom("a", "b", "ab", "a b", "é", "a+b"), (pieces, name) => {
      const query = pieces.join("");
      const expected = new URL(`http://h/?${query}`).searchParams.get(name) ?? undefined;
      assert.equal(queryValue(query, name), expected, query);
    }),
    { numRuns: 3_000 },
  );
});

test("a rule that cannot be compiled names its part", () => {
  const rule = { path: undefined, headers: [], query: [], method: "" };
  assert.throws(
    () => new RequestMatcher({ ...rule, path: regex("a(") }),
    /^Error: path: regular expression "a\(": missing closing \) at position 2/,
  );
  assert.throws(() => new RequestMatcher({ ...rule, path: exact("a") }), /path: path match value "a" does not begin with '\/'/);
  assert.throws(() => new RequestMatcher({ ...rule, path: { kind: 7, value: "/" } }), /path match kind 7 is not known/);
  assert.throws(() => new RequestMatcher({ ...rule, headers: [{ name: "a", match: prefix("x") }] }), /header 'a': match kind 2/);
  assert.throws(
    () => new RequestMatcher({ ...rule, query: [{ name: "q", match: regex("(?=x)") }] }),
    /query parameter 'q': .* at position 0/,
  );
});
