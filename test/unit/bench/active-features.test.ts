/** A ratio is worth nothing with features off: the benchmark must see that and refuse it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { activeFeatures } from "../../bench/mesh/active-features.ts";
import type { ProxyView } from "../../bench/mesh/admin.ts";
import { tenAccessRules, tenRules } from "../../bench/mesh/rules.ts";
import { ratioOf, ratioText } from "../../bench/pair/peers.ts";

const DESTINATION = "default/api:80";
const [WEB, API] = ["default/web-1", "default/api-1"];
const traced = (name: string) => ({ type: "ProxyConfig", name, resource: { tracesPerMillion: 10_000 } });
const judged = (a: ProxyView, b: ProxyView, spans = 5) =>
  activeFeatures({ view: a, instance: WEB, spans }, { view: b, instance: API, spans }, DESTINATION);

function caller(over: { rules?: number; metrics?: string; logLevel?: string } = {}): ProxyView {
  const { rules = 10, logLevel = "error" } = over;
  const metrics = `meshctl_exchanges_total{direction="outbound",status="200",reason="",route="HTTPRoute/default/api rule 9"} 12
meshctl_mesh_connections_opened_total{alpn="meshctl/h1"} 3
`;
  const resource = { routes: rules === 0 ? [] : tenRules(DESTINATION, rules) };
  return {
    resources: [{ type: "Outbound", name: DESTINATION, resource }, traced(WEB)],
    metrics: over.metrics ?? metrics,
    logLevel,
    nodeFlags: ["--x"],
  };
}

function called(over: { policies?: boolean; metrics?: string } = {}): ProxyView {
  const { id, origin, config } = tenAccessRules();
  const policies = over.policies === false ? [] : [{ id, origin, config: config.toString("base64") }];
  return {
    resources: [{ type: "Inbound", name: API, resource: { ports: [{ policies }] } }, traced(API)],
    metrics: over.metrics ?? 'meshctl_exchanges_total{direction="inbound",status="200",reason="",mtls="true"} 12\n',
    logLevel: "error",
    nodeFlags: [],
  };
}

test("all on: nothing is off, and what the proxies said is shown", () => {
  const found = judged(caller(), called());
  assert.deepEqual(found.off, []);
  assert.match(
    found.lines.join("\n"),
    /meshctl\/h1 \(3 opened\)[^]*10 rules in force, the last took 12 requests; access list: 10[^]*flags: --x; none/,
  );
});

for (const [what, a, b, off] of [
  ["no routes", caller({ rules: 0 }), called(), ["routing"]],
  ["fewer routes", caller({ rules: 9 }), called(), ["routing"]],
  ["no access list", caller(), called({ policies: false }), ["access policy"]],
  ["the caller counts nothing", caller({ metrics: "" }), called(), ["routing", "metrics"]],
  [
    "plaintext",
    caller(),
    called({ metrics: 'meshctl_exchanges_total{direction="inbound",status="200",reason="",mtls="false"} 12\n' }),
    ["metrics"],
  ],
  ["an access log", caller({ logLevel: "debug" }), called(), ["access log off"]],
] as const) {
  test(`${what}: no ratio`, () => {
    const found = judged(a, b);
    assert.deepEqual(found.off, off);
    assert.equal(ratioText(30, 20, found), "refused");
    assert.equal(ratioOf(30, 20, found), null);
  });
}

test("no span came: no ratio", () => {
  const found = judged(caller(), called(), 0);
  assert.deepEqual(found.off, ["1 % traces"]);
  assert.equal(ratioText(30, 20, found), "refused");
});

test("a ratio where there is one", () => {
  const configuration = { lines: [], off: [] };
  assert.equal(ratioText(30, 20, configuration), "1.50");
  assert.equal(ratioText(30, undefined, configuration), "-");
  assert.equal(ratioText(-1, 20, configuration), "-");
});
