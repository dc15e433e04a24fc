import assert from "node:assert/strict";
import { test } from "node:test";
import { compileInbound } from "../../../../src/decide/inbound.ts";
import { compileOutbound } from "../../../../src/decide/outbound.ts";
import { decideInbound } from "../../../../src/decide/decision.ts";
import { InboundPort, MatchKind, Outbound, type RouteMatch } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { AccessAction, AccessRule, AccessSource, Authorization } from "../../../../src/messages/gen/meshctl/policy/v1/authorization.ts";
import { REASONS } from "../../../../src/messages/reasons.ts";
import { authorizationFilter } from "../../../../src/policies/authorization/filter.ts";
import type { RequestView, Source } from "../../../../src/policies/contract.ts";
import { requestView, SOURCE_WEB } from "../../../support/request-view.ts";

const ORIGIN = "AuthorizationPolicy/default/api";
const { ALLOW, DENY } = AccessAction;
const { EXACT, PREFIX, REGEX } = MatchKind;
const NOBODY: Source = { identity: "", namespace: "", serviceAccount: "", workload: "" };
const OTHER: Source = { ...SOURCE_WEB, identity: "spiffe://cluster.local/ns/web-team/sa/web", namespace: "web-team" };

type Rule = Parameters<typeof AccessRule.fromPartial>[0];

function encode(rules: readonly Rule[]): Uint8Array {
  return Authorization.encode(Authorization.fromPartial({ rules: [...rules] })).finish();
}

/** The policy a request is refused by; null: it is let in. */
function refusedBy(rules: readonly Rule[], request: RequestView = requestView()): string | null {
  const refusal = authorizationFilter.compile(encode(rules), ORIGIN).admit?.(request, () => assert.fail("nothing to draw"), 0) ?? null;
  if (refusal === null) return null;
  assert.deepEqual([refusal.status, refusal.reason], [403, "access-denied"]);
  return refusal.policy;
}

const from = (source: Source): RequestView => requestView("/", { source });
const path = (kind: MatchKind, value: string, method = ""): RouteMatch => ({ path: { kind, value }, headers: [], query: [], method });
const header = (value: string): RouteMatch => ({
  path: undefined,
  headers: [{ name: "x-role", match: { kind: EXACT, value } }],
  query: [],
  method: "",
});

test("the catalogue knows the reason", () => assert.equal(REASONS["access-denied"].status, 403));

const CASES: readonly (readonly [what: string, rules: readonly Rule[], request: RequestView, expected: string | null])[] = [
  ["an allow that fits", [{ action: ALLOW }], requestView(), null],
  ["no allow that fits", [{ action: ALLOW, matches: [path(EXACT, "/a")] }], requestView("/b"), `${ORIGIN} no rule allows`],
  ["only denies, none fits", [{ action: DENY, matches: [path(EXACT, "/a")] }], requestView("/b"), null],
  ["a deny that fits", [{ action: DENY, matches: [path(EXACT, "/a")] }], requestView("/a"), `${ORIGIN} rule 0`],
  ["a deny after an allow", [{ action: ALLOW }, { action: DENY }], requestView(), `${ORIGIN} rule 1`],
  ["a deny with a name", [{ action: DENY, name: "AuthorizationPolicy/a/b rule 7" }], requestView(), "AuthorizationPolicy/a/b rule 7"],
  ["the second of two allows", [{ action: ALLOW, sources: [{ namespace: "x" }] }, { action: ALLOW }], requestView(), null],
];

for (const [what, rules, request, expected] of CASES) {
  test(`${what}: ${expected === null ? "let in" : "refused"}`, () => assert.equal(refusedBy(rules, request), expected));
}

test("a caller fits a source when all it says holds", () => {
  const lets = (source: Parameters<typeof AccessSource.fromPartial>[0], caller: Source): boolean =>
    refusedBy([{ action: ALLOW, sources: [source] }], from(caller)) === null;
  assert.ok(lets({ namespace: "default" }, SOURCE_WEB));
  assert.ok(!lets({ namespace: "default" }, OTHER));
  assert.ok(lets({ namespace: "web-*" }, OTHER));
  assert.ok(!lets({ namespace: "web-*" }, SOURCE_WEB));
  assert.ok(lets({ namespace: "default", serviceAccount: "web" }, SOURCE_WEB));
  assert.ok(!lets({ namespace: "default", serviceAccount: "web" }, { ...SOURCE_WEB, serviceAccount: "webs" }));
  assert.ok(lets({ identity: "spiffe://cluster.local/ns/default/sa/web" }, SOURCE_WEB));
  assert.ok(lets({ identity: "spiffe://cluster.local/ns/default/*" }, SOURCE_WEB));
  assert.ok(!lets({ identity: "spiffe://cluster.local/ns/default/*" }, OTHER));
  assert.ok(!lets({ identity: "spiffe://cluster.local/ns/default/sa/web", namespace: "other" }, SOURCE_WEB));
});

test("a caller without identity fits only rules that name nobody, in allows and in denies", () => {
  for (const source of [{ identity: "*" }, { namespace: "*" }, { serviceAccount: "*" }]) {
    assert.equal(refusedBy([{ action: ALLOW, sources: [source] }], from(NOBODY)), `${ORIGIN} no rule allows`);
    assert.equal(refusedBy([{ action: ALLOW, sources: [source] }], from(SOURCE_WEB)), null);
    assert.equal(refusedBy([{ action: DENY, sources: [source] }], from(NOBODY)), null);
  }
  assert.equal(refusedBy([{ action: ALLOW }], from(NOBODY)), null);
  assert.equal(refusedBy([{ action: DENY }], from(NOBODY)), `${ORIGIN} rule 0`);
});

test("a request fits any of the matches: method, path and headers", () => {
  const rule = (matches: RouteMatch[]): Rule[] => [{ action: ALLOW, matches }];
  const lets = (matches: RouteMatch[], request: RequestView): boolean => refusedBy(rule(matches), request) === null;
  assert.ok(lets([path(PREFIX, "/items", "GET")], requestView("/items/1?page=2")));
  assert.ok(!lets([path(PREFIX, "/items", "GET")], requestView("/items/1", { method: "PUT" })));
  assert.ok(!lets([path(PREFIX, "/items")], requestView("/itemsx")));
  assert.ok(lets([path(EXACT, "/a"), path(EXACT, "/b")], requestView("/b")));
  assert.ok(lets([path(REGEX, "/v[0-9]+/.*")], requestView("/v2/x")));
  assert.ok(lets([header("admin")], requestView("/", { headers: { "x-role": "admin" } })));
  assert.ok(!lets([header("admin")], requestView("/", { headers: { "x-role": "user" } })));
});

test("another spelling of a path does not slip past a deny", () => {
  const rules: Rule[] = [{ action: DENY, matches: [path(PREFIX, "/a@b")] }];
  for (const spelling of ["/a@b", "/a%40b", "/a@b/c"]) assert.equal(refusedBy(rules, requestView(spelling)), `${ORIGIN} rule 0`, spelling);
});

test("what cannot be held to is refused with its rule", () => {
  const compile = (rules: readonly Rule[]) => () => authorizationFilter.compile(encode(rules), ORIGIN);
  assert.throws(compile([]), /no rules/);
  assert.throws(() => authorizationFilter.compile(new Uint8Array(), ORIGIN), /no rules/);
  assert.throws(compile([{ action: ALLOW }, {}]), /rule 1: action 0 is not known/);
  assert.throws(compile([{ action: 3 as AccessAction }]), /rule 0: action 3 is not known/);
  assert.throws(compile([{ action: ALLOW, sources: [{}] }]), /rule 0: a source says nothing/);
  assert.throws(compile([{ action: ALLOW, sources: [{ namespace: "a*b" }] }]), /rule 0: pattern "a\*b"/);
  assert.throws(compile([{ action: ALLOW, matches: [path(REGEX, "[")] }]), /rule 0: path: regular expression/);
});

test("a field of a newer controller is refused at every depth: the condition it holds must not get lost", () => {
  const unknown = Buffer.from([0xf2, 0x01, 0x01, 0x78]); // Field 30, one byte.
  const nested = (tag: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([tag, bytes.length]), bytes]);
  const allow = AccessRule.encode(AccessRule.fromPartial({ action: ALLOW })).finish();
  const source = AccessSource.encode(AccessSource.fromPartial({ namespace: "default" })).finish();
  const inRule = nested(0x0a, Buffer.concat([allow, unknown]));
  const inSource = nested(0x0a, Buffer.concat([allow, nested(0x12, Buffer.concat([source, unknown]))]));
  const inMatch = nested(0x0a, Buffer.concat([allow, nested(0x1a, unknown)]));
  for (const bytes of [Buffer.concat([encode([{ action: ALLOW }]), unknown]), inRule, inSource, inMatch]) {
    assert.throws(() => authorizationFilter.compile(bytes, ORIGIN), /fields this proxy does not know/);
  }
  assert.doesNotThrow(() => authorizationFilter.compile(nested(0x0a, Buffer.concat([allow, nested(0x12, source)])), ORIGIN));
});

test("it acts on inbound ports, in the stack that decides, and nowhere else", () => {
  const policies = [{ id: "authorization", origin: ORIGIN, config: Buffer.from(encode([{ action: DENY }])) }];
  const stack = compileInbound(InboundPort.fromPartial({ port: 8080, protocol: 1, mtls: 1, policies }));
  assert.equal(decideInbound(stack, requestView(), Math.random, 0).refusal?.reason, "access-denied");
  assert.throws(() => compileOutbound("default/api:80", Outbound.fromPartial({ protocol: 1, policies })), /does not act on outbound/);
});
