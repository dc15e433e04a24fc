import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../../src/lib/random.ts";
import { MatchKind } from "../../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Fault, type FaultRule } from "../../../../src/messages/gen/meshctl/policy/v1/fault.ts";
import type { Filter, RequestView } from "../../../../src/policies/contract.ts";
import { faultFilter } from "../../../../src/policies/fault/filter.ts";
import { requestView, SOURCE_WEB } from "../../../support/request-view.ts";

const NOW = 5_000;

function filterOf(rules: readonly Partial<FaultRule>[], expiresAtUnixMs = 0): Filter {
  const full = rules.map((rule) => ({ matches: [], sources: [], delay: undefined, abort: undefined, ...rule }));
  return faultFilter.compile(Fault.encode({ rules: full, expiresAtUnixMs }).finish(), "FaultInjection/default/f");
}

function never(): number {
  assert.fail("nothing to draw");
}

/** Which reason a rule's certain abort gives, if it acts. */
function acts(rule: Partial<FaultRule>, request: RequestView): boolean {
  const refusal = filterOf([{ ...rule, abort: { httpStatus: 503, basisPoints: 10_000 } }]).admit?.(request, never, NOW);
  return refusal !== null;
}

test("delay and abort are drawn separately; 0 and 100 % draw nothing", () => {
  const filter = filterOf([{ delay: { fixedMs: 200, basisPoints: 5_000 }, abort: { httpStatus: 418, basisPoints: 2_500 } }]);
  assert.equal(
    filter.delayMs?.(requestView(), () => 0.4999, NOW),
    200,
  );
  assert.equal(
    filter.delayMs?.(requestView(), () => 0.5, NOW),
    0,
  );
  assert.deepEqual(
    filter.admit?.(requestView(), () => 0.2499, NOW),
    {
      status: 418,
      reason: "fault-abort",
      policy: "FaultInjection/default/f rule 0",
    },
  );
  assert.equal(
    filter.admit?.(requestView(), () => 0.25, NOW),
    null,
  );
  const none = filterOf([{ delay: { fixedMs: 200, basisPoints: 0 } }]);
  assert.equal(none.delayMs?.(requestView(), never, NOW), 0);
  assert.equal(none.admit?.(requestView(), never, NOW), null);
  assert.equal(filterOf([{ delay: { fixedMs: 7, basisPoints: 10_000 } }]).delayMs?.(requestView(), never, NOW), 7);
});

test("status 0 resets the connection", () => {
  const filter = filterOf([{ abort: { httpStatus: 0, basisPoints: 10_000 } }]);
  assert.deepEqual(filter.admit?.(requestView(), never, NOW), {
    status: 0,
    reason: "fault-reset",
    policy: "FaultInjection/default/f rule 0",
  });
});

test("nothing happens from the expiry on", () => {
  const filter = filterOf([{ delay: { fixedMs: 7, basisPoints: 10_000 }, abort: { httpStatus: 503, basisPoints: 10_000 } }], NOW);
  assert.equal(filter.delayMs?.(requestView(), never, NOW - 1), 7);
  assert.equal(filter.delayMs?.(requestView(), never, NOW), 0);
  assert.equal(filter.admit?.(requestView(), never, NOW), null);
});

test("a rule acts on requests that any of its matches holds for", () => {
  const path = { path: { kind: MatchKind.PREFIX, value: "/items" }, headers: [], query: [], method: "" };
  const header = { path: undefined, headers: [{ name: "x-test", match: { kind: MatchKind.EXACT, value: "1" } }], query: [], method: "" };
  const matches = [path, header];
  assert.ok(acts({ matches }, requestView("/items/1")));
  assert.ok(acts({ matches }, requestView("/", { headers: { "x-test": "1" } })));
  assert.ok(!acts({ matches }, requestView("/itemsx")));
});

test("a rule acts on its sources only", () => {
  const sources = ["default/web", "ci/runner"];
  assert.ok(acts({ sources }, requestView()));
  assert.ok(!acts({ sources }, requestView("/", { source: { ...SOURCE_WEB, namespace: "other" } })));
  assert.ok(!acts({ sources }, requestView("/", { source: { ...SOURCE_WEB, serviceAccount: "api" } })));
  assert.ok(!acts({ sources }, requestView("/", { source: { identity: "", namespace: "", serviceAccount: "", workload: "" } })));
});

test("the first rule that matches acts, alone", () => {
  const get = { path: undefined, headers: [], query: [], method: "GET" };
  const filter = filterOf([
    { matches: [get], delay: { fixedMs: 1, basisPoints: 10_000 } },
    { delay: { fixedMs: 2, basisPoints: 10_000 }, abort: { httpStatus: 500, basisPoints: 10_000 } },
  ]);
  assert.equal(filter.delayMs?.(requestView(), never, NOW), 1);
  assert.equal(filter.admit?.(requestView(), never, NOW), null);
  assert.equal(filter.delayMs?.(requestView("/", { method: "PUT" }), never, NOW), 2);
  assert.equal(filter.admit?.(requestView("/", { method: "PUT" }), never, NOW)?.policy, "FaultInjection/default/f rule 1");
});

test("shares come out as configured", () => {
  const filter = filterOf([{ delay: { fixedMs: 1, basisPoints: 1_234 }, abort: { httpStatus: 503, basisPoints: 3_000 } }]);
  const random = seededRandom(42);
  const count = 50_000;
  let delayed = 0;
  let aborted = 0;
  for (let index = 0; index < count; index += 1) {
    if (filter.delayMs?.(requestView(), random, NOW)) delayed += 1;
    if (filter.admit?.(requestView(), random, NOW)) aborted += 1;
  }
  for (const [seen, share] of [
    [delayed, 0.1234],
    [aborted, 0.3],
  ] as const) {
    assert.ok(Math.abs(seen / count - share) <= 4 * Math.sqrt((share * (1 - share)) / count), `${seen / count} for ${share}`);
  }
});

test("a config that cannot hold is refused with its rule", () => {
  assert.throws(() => filterOf([{}, { abort: { httpStatus: 99, basisPoints: 1 } }]), /rule 1: abort status 99/);
  assert.throws(() => filterOf([{ delay: { fixedMs: 1, basisPoints: 10_001 } }]), /rule 0: a share is over/);
  const bad = { path: { kind: MatchKind.REGEX, value: "[" }, headers: [], query: [], method: "" };
  assert.throws(() => filterOf([{ matches: [bad] }]), /rule 0: path: regular expression/);
  assert.throws(() => faultFilter.compile(Buffer.from([0x0a, 0x05, 0x01]), "x"));
});
