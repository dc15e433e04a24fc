import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import * as fc from "fast-check";
import { describeAbort, describeDelay, describeWhen } from "../../../src/cli/fault/describe.ts";
import { faultsOf, rulesOf } from "../../../src/cli/fault/rules.ts";
import { parseTarget } from "../../../src/cli/fault/target.ts";
import type { FaultCondition, FaultRule, Faults } from "../../../src/cli/fault/types.ts";
import { parsePercent } from "../../../src/cli/fault/values.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { faultInjectionSchema } from "../../../src/policies/fault/schema.ts";
import { faultFilter } from "../../../src/policies/fault/filter.ts";
import { translateFault } from "../../../src/policies/fault/translate.ts";
import type { RequestView } from "../../../src/policies/contract.ts";

const PATHS = ["/", "/items", "/items/1", "/items2", "/other"];
const METHODS = ["GET", "POST"] as const;
const USERS = ["ann", "bob", undefined];
const CALLERS = ["web", "batch"];

const condition: fc.Arbitrary<FaultCondition> = fc
  .record({
    path: fc.option(fc.constantFrom("/items", "/items/1", "/other")),
    method: fc.option(fc.constantFrom(...METHODS)),
    user: fc.option(fc.constantFrom("ann", "bob")),
    from: fc.option(fc.subarray(CALLERS, { minLength: 1 })),
  })
  .map(({ path, method, user, from }) => {
    const match = {
      ...(path === null ? {} : { path: { type: "PathPrefix" as const, value: path } }),
      ...(user === null ? {} : { headers: [{ name: "x-user", value: user }] }),
      ...(method === null ? {} : { method }),
    };
    return {
      ...(Object.keys(match).length === 0 ? {} : { match }),
      ...(from === null ? {} : { from: from.map((serviceAccount) => ({ serviceAccount })) }),
    };
  });

const delay = { fixed: "200ms", percent: 100 };
const abort = { httpStatus: 503, percent: 100 };
const faults: fc.Arbitrary<Faults> = fc
  .record({ delay: fc.option(condition), abort: fc.option(condition) })
  .map(({ delay: delayOn, abort: abortOn }) => ({
    ...(delayOn === null ? {} : { delay: { fault: delay, on: delayOn } }),
    ...(abortOn === null ? {} : { abort: { fault: abort, on: abortOn } }),
  }));

function requests(): RequestView[] {
  return PATHS.flatMap((path) =>
    METHODS.flatMap((method) =>
      USERS.flatMap((user) =>
        CALLERS.map((serviceAccount) => ({
          method,
          path,
          query: "",
          authority: "api",
          header: (name: string) => (name === "x-user" ? user : undefined),
          source: { identity: "", namespace: "default", serviceAccount, workload: serviceAccount },
        })),
      ),
    ),
  );
}

/** What the words of a condition mean, said once more and differently. */
function holds({ match = {}, from }: FaultCondition, request: RequestView): boolean {
  const prefix = match.path?.value;
  return (
    (prefix === undefined || `${request.path}/`.startsWith(`${prefix}/`)) &&
    (match.method === undefined || match.method === request.method) &&
    (match.headers ?? []).every(({ name, value }) => request.header(name) === value) &&
    (from === undefined || from.some(({ serviceAccount }) => serviceAccount === request.source.serviceAccount))
  );
}

test("the rules do to each request what delay and abort each say, as the proxy's own filter reads them", () => {
  fc.assert(
    fc.property(faults, (wanted) => {
      const rules = rulesOf(wanted);
      if (rules.length === 0) return;
      const object = {
        apiVersion: "meshctl.dev/v1alpha1",
        kind: "FaultInjection",
        metadata: { name: "f", namespace: "default" },
        spec: { rules },
      };
      const filter = faultFilter.compile(translateFault(object), "f");
      for (const request of requests()) {
        const label = JSON.stringify({
          wanted,
          rules,
          path: request.path,
          method: request.method,
          user: request.header("x-user"),
          from: request.source.serviceAccount,
        });
        const delayed = filter.delayMs?.(request, seededRandom(1), 0) === 200;
        assert.equal(delayed, wanted.delay !== undefined && holds(wanted.delay.on, request), `delay ${label}`);
        const aborted = filter.admit?.(request, seededRandom(1), 0) !== null;
        assert.equal(aborted, wanted.abort !== undefined && holds(wanted.abort.on, request), `abort ${label}`);
      }
    }),
    { numRuns: 200 },
  );
});

test("what was written is read back, also with the server's defaults filled in", () => {
  const targetRefs = [{ group: "", kind: "Service", name: "api" }];
  fc.assert(
    fc.property(faults, (wanted) => {
      const rules = rulesOf(wanted);
      if (rules.length === 0) return;
      const stored = faultInjectionSchema.parse({ spec: { targetRefs, rules } }).spec.rules as FaultRule[];
      assert.deepEqual(faultsOf(stored), wanted);
    }),
    { numRuns: 200 },
  );
});

test("rules that say something else are not taken for ours", () => {
  const match = (path: string) => [{ path: { type: "PathPrefix" as const, value: path } }];
  const foreign: FaultRule[][] = [
    [
      { matches: match("/a"), abort },
      { matches: match("/b"), abort },
    ],
    [{ matches: [...match("/a"), ...match("/b")], abort }],
    [{ abort }, { matches: match("/a"), delay }],
    [{ matches: [{ path: { type: "Exact", value: "/a" } }], abort }, { delay }],
  ];
  for (const rules of foreign) assert.equal(faultsOf(rules), null, JSON.stringify(rules));
});

describe("words", () => {
  it("say what a fault does", () => {
    assert.equal(describeAbort({ httpStatus: 503, percent: 30 }), "30 % get 503");
    assert.equal(describeAbort({ reset: true }), "all are reset");
    assert.equal(describeAbort({ reset: true, percent: 12.5 }), "12.5 % are reset");
    assert.equal(describeDelay({ fixed: "1s", percent: 100 }), "all wait 1s");
    assert.equal(
      describeWhen({ matches: [{ method: "GET" }], from: [{ serviceAccount: "web" }, { namespace: "shop", serviceAccount: "cart" }] }),
      "method GET from web, shop/cart",
    );
  });
  it("read shares", () => {
    assert.deepEqual(["0", "100", "12.25", "0.01", "7.5"].map(parsePercent), [0, 100, 12.25, 0.01, 7.5]);
  });
  it("read targets", () => {
    assert.deepEqual(
      ["api", "svc/api", "Service/api", "httproute/r", "workload/w", "wl/w"].map((text) => parseTarget(text).words),
      ["service api", "service api", "service api", "HTTPRoute r", "workload w", "workload w"],
    );
    for (const text of ["", "svc/", "a/b/c", "pod/x"]) assert.throws(() => parseTarget(text), /not a target/);
  });
});
