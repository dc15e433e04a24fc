import assert from "node:assert/strict";
import { test } from "node:test";
import { decideInbound, decideOutbound } from "../../../src/decide/decision.ts";
import { compileInbound } from "../../../src/decide/inbound.ts";
import { compileOutbound } from "../../../src/decide/outbound.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { MatchKind, MtlsMode, Protocol } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Filter } from "../../../src/policies/contract.ts";
import { requestView } from "../../support/request-view.ts";
import { backend, fault, outbound, route } from "./messages.ts";

const NAME = "default/api:80";
const NOW = 1_000_000;

/** A random source that plays `numbers` and then fails. */
function draws(...numbers: number[]): () => number {
  return () => {
    const next = numbers.shift();
    assert.ok(next !== undefined, "one draw too many");
    return next;
  };
}

test("a service without routes goes to its own endpoints", () => {
  const stack = compileOutbound(NAME, outbound({ protocol: Protocol.UNSPECIFIED }));
  assert.equal(stack.protocol, Protocol.DETECT);
  assert.deepEqual(stack.endpointNames, [NAME]);
  const decision = decideOutbound(stack, requestView("/x"), draws(), NOW);
  assert.equal(decision.route?.label, "");
  assert.equal(decision.backend?.endpointsName, NAME);
  assert.equal(decision.refusal, null);
});

test("the first route that holds wins; none is 404", () => {
  const match = (value: string) => ({ path: { kind: MatchKind.PREFIX, value }, headers: [], query: [], method: "" });
  const stack = compileOutbound(
    NAME,
    outbound({
      routes: [
        route({ ruleIndex: 0, matches: [match("/a/b")], backends: [backend("one")] }),
        route({ ruleIndex: 1, matches: [match("/a"), match("/c")], backends: [backend("two"), backend("three", 0)] }),
      ],
    }),
  );
  const to = (target: string) => decideOutbound(stack, requestView(target), () => 0, NOW);
  assert.equal(to("/a/b/c").route?.label, "HTTPRoute/default/r rule 0");
  assert.equal(to("/a/x").backend?.endpointsName, "default/two:80");
  assert.equal(to("/c").route?.label, "HTTPRoute/default/r rule 1");
  assert.deepEqual(to("/x").refusal, { status: 404, reason: "no-route", policy: "" });
  assert.equal(to("/x").route, null);
  assert.deepEqual(stack.endpointNames, ["default/one:80", "default/two:80"]);
});

test("backends by weight: a table of draws", () => {
  const stack = compileOutbound(
    NAME,
    outbound({ routes: [route({ backends: [backend("v1", 90), backend("none", 0), backend("v2", 10)] })] }),
  );
  for (const [draw, name] of [
    [0, "v1"],
    [0.8999, "v1"],
    [0.9, "v2"],
    [0.99999999, "v2"],
  ] as const) {
    assert.equal(decideOutbound(stack, requestView(), draws(draw), NOW).backend?.endpointsName, `default/${name}:80`, String(draw));
  }
});

test("backends by weight: the share of many", () => {
  const stack = compileOutbound(NAME, outbound({ routes: [route({ backends: [backend("v1", 90), backend("v2", 10)] })] }));
  const random = seededRandom(7);
  const count = 20_000;
  let second = 0;
  for (let index = 0; index < count; index += 1) {
    if (decideOutbound(stack, requestView(), random, NOW).backend?.endpointsName === "default/v2:80") second += 1;
  }
  assert.ok(Math.abs(second / count - 0.1) <= 4 * Math.sqrt((0.1 * 0.9) / count), `${second} of ${count}`);
});

test("shares that lead nowhere are answered 500 with their reason", () => {
  const stack = compileOutbound(
    NAME,
    outbound({ routes: [route({ backends: [backend("v1", 1), backend("x", 1, "Service x not found")] })] }),
  );
  assert.deepEqual(decideOutbound(stack, requestView(), draws(0.7), NOW).refusal, {
    status: 500,
    reason: "invalid-backend",
    policy: "HTTPRoute/default/r rule 0: Service x not found",
  });
  assert.deepEqual(stack.endpointNames, ["default/v1:80"]);
  for (const backends of [[], [backend("v1", 0)]]) {
    const decision = decideOutbound(compileOutbound(NAME, outbound({ routes: [route({ backends })] })), requestView(), draws(), NOW);
    assert.equal(decision.refusal?.reason, "no-backends");
    assert.equal(decision.backend, null);
  }
});

test("service and route faults act, the abort after the delay", () => {
  const delayed = fault([{ delay: { fixedMs: 200, basisPoints: 10_000 } }]);
  const aborted = fault([{ abort: { httpStatus: 503, basisPoints: 3_000 } }], NOW + 100);
  const decide = (policies: { policies: [typeof delayed] }, draw: number) =>
    decideOutbound(
      compileOutbound(NAME, outbound({ routes: [route(policies)], policies: [aborted] })),
      requestView(),
      draws(draw, draw),
      NOW,
    );
  const bare = decideOutbound(compileOutbound(NAME, outbound({ policies: [aborted] })), requestView(), draws(0.29), NOW);
  assert.deepEqual(bare.refusal, { status: 503, reason: "fault-abort", policy: "FaultInjection/default/f rule 0" });
  // The delay outlives the abort's expiry, which is looked at after it.
  const held = decide({ policies: [delayed] }, 0.1);
  assert.equal(held.delayMs, 200);
  assert.equal(held.refusal, null);
  assert.equal(held.backend?.endpointsName, NAME);
});

test("inbound policies act the same way", () => {
  const stack = compileInbound({
    port: 8080,
    protocol: Protocol.HTTP,
    mtls: MtlsMode.UNSPECIFIED,
    service: NAME,
    policies: [fault([{ abort: { httpStatus: 0, basisPoints: 10_000 } }])],
  });
  assert.equal(stack.mtls, MtlsMode.STRICT);
  assert.deepEqual(decideInbound(stack, requestView(), draws(), NOW).refusal, {
    status: 0,
    reason: "fault-reset",
    policy: "FaultInjection/default/f rule 0",
  });
});

test("a filter that throws denies, in either step", () => {
  const broken: Filter[] = [
    {
      id: "x",
      origin: "X/default/x",
      admit: () => {
        throw new Error("boom");
      },
    },
    {
      id: "x",
      origin: "X/default/x",
      delayMs: () => {
        throw new Error("boom");
      },
    },
  ];
  for (const filter of broken) {
    const stack = compileOutbound(NAME, outbound());
    const plain = stack.routes[0];
    assert.ok(plain);
    const decision = decideOutbound({ ...stack, chooseRoute: () => ({ ...plain, filters: [filter] }) }, requestView(), draws(), NOW);
    assert.equal(decision.refusal?.reason, "policy-error");
    assert.equal(decision.backend, null);
    const inbound = compileInbound({ port: 1, protocol: Protocol.HTTP, mtls: MtlsMode.STRICT, service: "", policies: [] });
    assert.equal(decideInbound({ ...inbound, filters: [filter] }, requestView(), draws(), NOW).refusal?.reason, "policy-error");
  }
});

test("what cannot be understood is refused with its place", () => {
  const unknown = { id: "teleport", origin: "Teleport/default/t", config: Buffer.alloc(0) };
  assert.throws(
    () => compileOutbound(NAME, outbound({ policies: [unknown] })),
    /policy Teleport\/default\/t: this proxy does not know the policy 'teleport'/,
  );
  assert.throws(
    () => compileOutbound(NAME, outbound({ routes: [route({ policies: [unknown] })] })),
    /HTTPRoute\/default\/r rule 0: policy Teleport/,
  );
  assert.throws(
    () => compileOutbound(NAME, outbound({ policies: [{ ...fault([]), config: Buffer.from([0x0a, 0xff]) }] })),
    /policy FaultInjection\/default\/f: /,
  );
  assert.throws(() => compileOutbound(NAME, outbound({ protocol: 99 as Protocol })), /protocol 99/);
  const badRegex = { path: { kind: MatchKind.REGEX, value: "(" }, headers: [], query: [], method: "" };
  assert.throws(
    () => compileOutbound(NAME, outbound({ routes: [route({ ruleIndex: 3, matches: [badRegex] })] })),
    /rule 3: path: regular expression/,
  );
  assert.throws(
    () => compileOutbound(NAME, outbound({ routes: [route({ backends: [{ ...backend("a"), endpoints: "" }] })] })),
    /names no endpoints/,
  );
  assert.throws(
    () => compileOutbound(NAME, outbound({ routes: [route({ backends: [{ ...backend("a"), policies: [fault([])] }] })] })),
    /cannot act on a single backend/,
  );
  assert.throws(() => compileInbound({ port: 65_536, protocol: 1, mtls: 1, service: "", policies: [] }), /port 65536/);
  assert.throws(() => compileInbound({ port: 1, protocol: 1, mtls: 9 as MtlsMode, service: "", policies: [] }), /mTLS mode 9/);
});
