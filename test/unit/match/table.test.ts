import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { comparisonForm } from "../../../src/match/comparison.ts";
import { matchesAny, RequestMatcher } from "../../../src/match/request.ts";
import { RULE_KIND } from "../../../src/match/rule.ts";
import { RouteTable } from "../../../src/match/table.ts";
import { requestView } from "../../support/request-view.ts";

const EVERYTHING = new RequestMatcher({ path: undefined, headers: [], query: [], method: "" });

const path = fc.array(fc.constantFrom("a", "b", "c%40"), { maxLength: 3 }).map((segments) => `/${segments.join("/")}`);
const rule = fc.record({
  path: fc.option(fc.record({ kind: fc.constantFrom(RULE_KIND.EXACT, RULE_KIND.PREFIX), value: path }), { nil: undefined }),
  method: fc.constantFrom("", "", "GET", "POST"),
  headers: fc.constantFrom([], [], [{ name: "h", match: { kind: RULE_KIND.EXACT, value: "1" } }]),
  query: fc.constant([]),
});
const regexRule = fc.constant({ path: { kind: RULE_KIND.REGEX, value: "/a/.*" }, method: "", headers: [], query: [] });

test("the table finds what trying every route in order finds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof({ weight: 5, arbitrary: rule }, regexRule), { maxLength: 3 }), { maxLength: 8 }),
      path,
      fc.constantFrom("GET", "POST", "PUT"),
      fc.boolean(),
      (rules, sent, method, header) => {
        const routes = rules.map((matches) => matches.map((match) => new RequestMatcher(match)));
        const request = requestView(sent, { method, headers: header ? { h: "1" } : {} });
        const form = comparisonForm(sent);
        const naive = routes.findIndex((matchers) => matchesAny(matchers, request, form));
        assert.equal(new RouteTable(routes, EVERYTHING).find(request, form), naive);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a thousand prefixes: the one that holds is found among them", () => {
  const routes = Array.from({ length: 1_000 }, (_, index) => [
    new RequestMatcher({ path: { kind: RULE_KIND.PREFIX, value: `/svc/${index}` }, method: "", headers: [], query: [] }),
  ]);
  const table = new RouteTable(routes, EVERYTHING);
  assert.equal(table.find(requestView("/svc/777/x"), "/svc/777/x"), 777);
  assert.equal(table.find(requestView("/svc/7777"), "/svc/7777"), -1);
});
