import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseBackends, choosePort, knownBackends, parseBackend, requireHttp } from "../../../src/cli/split/backends.ts";
import { findRivals } from "../../../src/cli/split/rivals.ts";
import { requirePlainSplit, splitRoute } from "../../../src/cli/split/route.ts";
import type { Service } from "../../../src/model/kinds/service.ts";
import type { HTTPRoute } from "../../../src/policies/route/http-route.ts";
import { describeWeights, formatPercent, parseWeight, requireSplit } from "../../../src/cli/split/weights.ts";
import { EXIT, UserError } from "../../../src/lib/errors.ts";

const service = (name: string, ports: object[], labels: Record<string, string> = {}): Service =>
  ({ apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default", labels }, spec: { ports } }) as unknown as Service;
const version = (name: string) =>
  service(`api-${name}`, [{ port: 80, appProtocol: "http" }], { "meshctl.dev/service": "api", "meshctl.dev/version": name });
const services = [service("api", [{ port: 80, appProtocol: "http" }]), version("v2"), version("v1"), service("other", [{ port: 9 }])];

const refusal = (pattern: RegExp, exitCode: number) => (error: unknown) => {
  assert.ok(error instanceof UserError);
  assert.match(`${error.message}\n${error.hint}`, pattern);
  assert.equal(error.exitCode, exitCode);
  return true;
};

describe("weights", () => {
  for (const text of ["v1=NaN", "v1=-1", "v1=1.5", "v1=", "v1", "=3", "v1=1e3", "v1=1000001", "v1=0x10", "v1= 3"]) {
    it(`refuses ${text}`, () => assert.throws(() => parseWeight(text), refusal(/weight|NAME=VALUE/, EXIT.USAGE)));
  }
  it("refuses a sum of zero, a version twice, and none at all", () => {
    assert.throws(() => requireSplit([{ version: "v1", weight: 0 }]), refusal(/add up to zero/, EXIT.USAGE));
    assert.throws(() => requireSplit([parseWeight("v1=1"), parseWeight("v1=2")]), refusal(/v1 twice/, EXIT.USAGE));
    assert.throws(() => requireSplit([]), refusal(/no weights/, EXIT.USAGE));
  });
  it("says what every known version gets", () => {
    assert.equal(describeWeights([parseWeight("v1=90")], ["v1", "v2"]), "v1 100 % (90 of 90), v2 none");
    assert.equal(describeWeights([parseWeight("v2=10"), parseWeight("v1=90")], ["v1", "v2"]), "v1 90 % (90 of 100), v2 10 % (10 of 100)");
    assert.equal(describeWeights([parseWeight("v1=1"), parseWeight("v2=2")], []), "v1 33.33 % (1 of 3), v2 66.67 % (2 of 3)");
  });
  it("never rounds something to nothing", () => {
    assert.equal(formatPercent(1, 1_000_000), "<0.01");
    assert.equal(formatPercent(999_999, 1_000_000), ">99.99");
    assert.equal(formatPercent(1, 1), "100");
  });
});

describe("backends", () => {
  const known = knownBackends("api", 80, services);
  it("knows versions by the labels of their Services", () => {
    assert.deepEqual(known, [
      { version: "v1", service: "api-v1", port: 80 },
      { version: "v2", service: "api-v2", port: 80 },
    ]);
  });
  it("refuses an unknown version and says which exist", () => {
    assert.throws(
      () => chooseBackends([parseWeight("v3=1")], [], known, services, 80),
      refusal(/no version v3\nThere is: v1, v2\. Did you mean v1\?/, EXIT.NOT_FINE),
    );
    assert.throws(() => chooseBackends([parseWeight("v3=1")], [], [], services, 80), refusal(/--version/, EXIT.NOT_FINE));
  });
  it("takes named backends", () => {
    assert.deepEqual(chooseBackends([parseWeight("x=1")], [parseBackend("x=other:9")], known, services, 80), [
      { version: "x", service: "other", port: 9 },
    ]);
    assert.deepEqual(chooseBackends([parseWeight("x=1")], [parseBackend("x=other")], known, services, 80), [
      { version: "x", service: "other", port: 9 },
    ]);
    assert.throws(
      () => chooseBackends([parseWeight("x=1")], [parseBackend("x=nope:9")], known, services, 80),
      refusal(/no service nope/, EXIT.NOT_FINE),
    );
    assert.throws(
      () => chooseBackends([parseWeight("x=1")], [parseBackend("x=other:1")], known, services, 80),
      refusal(/no port 1\nIt has: 9/, EXIT.NOT_FINE),
    );
    assert.throws(
      () => chooseBackends([parseWeight("x=1")], [parseBackend("y=other:9")], known, services, 80),
      refusal(/--backend names y/, EXIT.USAGE),
    );
    for (const text of ["x=a:0", "x=a:b", "x=:80", "x=a:1:2", "x", "x=a:65536"]) assert.throws(() => parseBackend(text), UserError, text);
  });
  it("asks for a port only where there is a choice", () => {
    assert.equal(choosePort(service("a", [{ port: 8080 }]), undefined).port, 8080);
    const two = service("a", [{ port: 1 }, { port: 2 }]);
    assert.equal(choosePort(two, 2).port, 2);
    assert.throws(() => choosePort(two, undefined), refusal(/--port: 1, 2/, EXIT.USAGE));
    assert.throws(() => choosePort(two, 3), refusal(/no port 3\nIt has: 1, 2/, EXIT.NOT_FINE));
  });
  it("refuses TCP", () => {
    const tcp = service("ledger", [{ port: 5, appProtocol: "tcp" }]);
    assert.throws(() => requireHttp(tcp, { port: 5, appProtocol: "tcp" }), refusal(/ledger:5 speaks TCP/, EXIT.REFUSED));
    requireHttp(tcp, { port: 5 });
  });
});

const target = { namespace: "default", service: "api", port: 80 };
const route = (name: string, spec: object, metadata: object = {}): HTTPRoute => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name, namespace: "default", creationTimestamp: "2026-01-02T00:00:00Z", ...metadata },
  spec: { parentRefs: [{ kind: "Service", group: "", name: "api", port: 80 }], ...spec } as HTTPRoute["spec"],
});

describe("the route of a split", () => {
  const weights = [parseWeight("v1=90"), parseWeight("v2=10")];
  const made = splitRoute(target, chooseBackends(weights, [], knownBackends("api", 80, services), services, 80), weights, null);

  it("has the Service with its port as parent and a weighted backend for each version", () => {
    assert.deepEqual(made.metadata, { name: "api-split", namespace: "default" });
    assert.deepEqual(made.spec, {
      parentRefs: [{ group: "", kind: "Service", name: "api", port: 80 }],
      rules: [
        {
          backendRefs: [
            { name: "api-v1", port: 80, weight: 90 },
            { name: "api-v2", port: 80, weight: 10 },
          ],
        },
      ],
    });
  });

  it("keeps who the existing one is", () => {
    const existing = route("api-split", {}, { resourceVersion: "7" });
    assert.equal(splitRoute(target, [], weights, existing).metadata.resourceVersion, "7");
  });

  it("is replaced only where it says nothing but a split", () => {
    const rule = { backendRefs: [{ name: "x" }] };
    requirePlainSplit(route("api-split", { rules: [rule] }), "api");
    requirePlainSplit(route("api-split", { rules: [{ ...rule, matches: [{ path: { type: "PathPrefix", value: "/" } }] }] }), "api");
    const edited: [object, RegExp][] = [
      [{ rules: [rule, rule] }, /2 rules/],
      [{ rules: [{ ...rule, matches: [{ path: { value: "/x" } }] }] }, /matches/],
      [{ rules: [{ ...rule, timeouts: {} }] }, /timeouts/],
      [{ rules: [{ backendRefs: [{ name: "x", filters: [{}] }] }] }, /filters/],
      [{ rules: [rule], hostnames: ["a"] }, /host names/],
      [{ rules: [rule], parentRefs: [{ kind: "Service", name: "web" }] }, /parent/],
    ];
    for (const [spec, reason] of edited)
      assert.throws(() => requirePlainSplit(route("api-split", spec), "api"), refusal(reason, EXIT.REFUSED));
  });

  it("knows which other route would win", () => {
    const split = splitRoute(target, [], weights, null);
    const winner = (other: HTTPRoute, own = split) => findRivals([other], "api", 80, own).winner?.metadata.name;
    assert.equal(winner(route("old", {})), "old");
    assert.equal(winner(route("old", { rules: [{ matches: [{ path: { value: "/" } }] }] })), "old");
    assert.equal(winner(route("all-ports", { parentRefs: [{ kind: "Service", name: "api" }] })), "all-ports");
    assert.equal(winner(route("other-port", { parentRefs: [{ kind: "Service", name: "api", port: 81 }] })), undefined);
    assert.equal(winner(route("other-service", { parentRefs: [{ kind: "Service", name: "web" }] })), undefined);
    assert.equal(winner(route("gateway", { parentRefs: [{ name: "api" }] })), undefined);
    assert.equal(
      winner(route("elsewhere", { parentRefs: [{ kind: "Service", name: "api", namespace: "default" }] }, { namespace: "shop" })),
      undefined,
    );
    const standing = route("api-split", {}, { creationTimestamp: "2026-01-01T00:00:00Z" });
    assert.equal(winner(route("young", {}), standing), undefined, "the older route wins");
    assert.equal(winner(route("api-a", {}), route("api-split", {})), "api-a", "of one age, the first by name");
    assert.equal(winner(route("zz", {}), route("api-split", {})), undefined);
  });

  it("knows which other routes take a part", () => {
    const specific = route("items", {
      rules: [{ matches: [{ path: { value: "/items" }, method: "GET" }, { headers: [{ name: "x", value: "1" }] }] }],
    });
    const { winner, partial } = findRivals(
      [specific, route("c", { parentRefs: [{ kind: "Service", name: "api", namespace: "default" }] }, { namespace: "shop" })],
      "api",
      80,
      made,
    );
    assert.equal(winner, null);
    assert.deepEqual(
      partial.map(({ what }) => what),
      ["requests with path /items* and method GET or header x=1", "requests from namespace shop"],
    );
  });
});
