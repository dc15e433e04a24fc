import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EncodedResource } from "../../../src/discovery/resource.ts";
import { Resource } from "../../../src/messages/gen/envoy/service/discovery/v3/ads.ts";
import { Endpoints, Health, Inbound, Outbound, Protocol } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Fault } from "../../../src/messages/gen/meshctl/policy/v1/fault.ts";
import { TYPE_URL } from "../../../src/messages/names.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { fault, mesh, route, service, slice, workload } from "./objects.ts";

const WEB = { id: "default/web-1", namespace: "default" };
const payload = (resource: EncodedResource | null): Uint8Array => {
  assert.ok(resource);
  const message = Resource.decode(resource.bytes);
  assert.equal(message.version, resource.version);
  assert.equal(message.name, resource.name);
  return message.resource?.value ?? new Uint8Array();
};
type Mesh = ReturnType<typeof mesh>;
const outbound = ({ compiler }: Mesh, name: string, viewer = WEB) =>
  Outbound.decode(payload(compiler.lookup(TYPE_URL.OUTBOUND, name, viewer)));
const endpoints = ({ compiler }: Mesh, name: string) => Endpoints.decode(payload(compiler.lookup(TYPE_URL.ENDPOINTS, name, WEB))).endpoints;

describe("compile", () => {
  it("gives a Service port its endpoints with identity, version and health", () => {
    const made = mesh(
      service("api"),
      workload("api1", { version: "v1" }),
      workload("api2"),
      slice("api", "api1", 4001),
      slice("api", "api2", 4002, { conditions: { ready: false } }),
      slice("api", "api2", 4003, { conditions: { ready: false, serving: true, terminating: true }, name: "api-t" }),
    );
    const found = endpoints(made, "default/api:80");
    assert.deepEqual(
      found.map(({ port, identity, version, health, instance }) => ({ port, identity, version, health, instance })),
      [
        {
          port: 4001,
          identity: "spiffe://cluster.local/ns/default/sa/api1",
          version: "v1",
          health: Health.READY,
          instance: "default/api1",
        },
        {
          port: 4003,
          identity: "spiffe://cluster.local/ns/default/sa/api2",
          version: "",
          health: Health.TERMINATING,
          instance: "default/api2",
        },
      ],
    );
  });

  it("leaves out an endpoint whose workload is not known: it is never reached in plaintext", () => {
    const made = mesh(service("api"), slice("api", "api1", 4001));
    assert.deepEqual(endpoints(made, "default/api:80"), []);
    assert.equal(outbound(made, "default/api:80").meshed, true);
    const invalid = made.put(workload("api1"));
    assert.ok(invalid.some(({ typeUrl, names }) => typeUrl === TYPE_URL.ENDPOINTS && names.includes("default/api:80")));
    assert.equal(endpoints(made, "default/api:80").length, 1);
  });

  it("answers the same Outbound under every spelling of its host", () => {
    const made = mesh(service("api"));
    const names = ["default/api:80", "api.default.svc.cluster.local:80", "api.default.svc:80", "api.default:80", "api:80"];
    const versions = names.map((name) => made.compiler.lookup(TYPE_URL.OUTBOUND, name, WEB)?.version);
    assert.equal(new Set(versions).size, 1);
    assert.equal(made.compiler.compiled, 1, "compiled and encoded once");
    const elsewhere = { id: "other/x", namespace: "other" };
    assert.equal(made.compiler.lookup(TYPE_URL.OUTBOUND, "api:80", elsewhere), null, "a bare name is of the client's namespace");
    for (const name of ["api.default.svc.example.com:80", "api:0", "api", "default/api:99999", "*", "a/b/c:80", "default/api:81"]) {
      assert.equal(made.compiler.lookup(TYPE_URL.OUTBOUND, name, WEB), null, name);
    }
  });

  it("splits by weight, keeps the share of a backend that does not exist, and heals when it appears", () => {
    const rule = {
      backendRefs: [
        { name: "api-v1", port: 80, weight: 90 },
        { name: "api-v2", port: 80, weight: 10 },
      ],
    };
    const made = mesh(service("api"), service("api-v1"), route("api-split", { name: "api", port: 80 }, [rule]));
    const [first] = outbound(made, "default/api:80").routes;
    assert.deepEqual(
      first?.backends.map(({ endpoints: name, weight, invalid }) => [name, weight, invalid]),
      [
        ["default/api-v1:80", 90, ""],
        ["", 10, "Service default/api-v2 does not exist"],
      ],
    );
    assert.equal(first?.origin, "HTTPRoute/default/api-split");
    const invalid = made.put(service("api-v2"));
    assert.ok(invalid.some(({ typeUrl, names }) => typeUrl === TYPE_URL.OUTBOUND && names.includes("default/api:80")));
    assert.equal(outbound(made, "default/api:80").routes[0]?.backends[1]?.endpoints, "default/api-v2:80");
  });

  it("orders matches by the precedence of the Gateway API", () => {
    const to = (name: string) => ({ backendRefs: [{ name, port: 80 }] });
    const old = { creationTimestamp: "2026-01-01T00:00:00Z" };
    const young = { creationTimestamp: "2026-02-01T00:00:00Z" };
    const made = mesh(
      service("api"),
      route(
        "b",
        { name: "api" },
        [
          { name: "anything", ...to("x") },
          { name: "longer", matches: [{ path: { value: "/items/all" } }], ...to("x") },
        ],
        young,
      ),
      route(
        "a",
        { name: "api" },
        [
          { name: "prefix", matches: [{ path: { type: "PathPrefix", value: "/items/" } }], ...to("x") },
          { name: "exact", matches: [{ path: { type: "Exact", value: "/i" } }], ...to("x") },
          { name: "method", matches: [{ path: { value: "/items" }, method: "GET" }], ...to("x") },
          { name: "headers", matches: [{ path: { value: "/items" }, headers: [{ name: "A", value: "1" }] }], ...to("x") },
          { name: "query", matches: [{ path: { value: "/items" }, queryParams: [{ name: "q", value: "1" }] }], ...to("x") },
          { name: "regex", matches: [{ path: { type: "RegularExpression", value: "/r.*" } }], ...to("x") },
          { name: "also anything", ...to("x") },
        ],
        old,
      ),
    );
    const names = outbound(made, "default/api:80").routes.map((one) => one.ruleName);
    assert.deepEqual(names, ["exact", "regex", "longer", "prefix", "method", "headers", "query", "also anything", "anything"]);
    assert.equal(outbound(made, "default/api:80").routes[3]?.matches[0]?.path?.value, "/items");
  });

  it("gives clients of another namespace their own consumer routes, others the producer's", () => {
    const rule = (name: string) => ({ backendRefs: [{ name, port: 80 }] });
    const made = mesh(
      service("api"),
      service("mine", [[80, "http"]], { namespace: "shop" }),
      route("producer", { name: "api" }, [rule("api")]),
      route("consumer", { name: "api", namespace: "default" }, [rule("mine")], { namespace: "shop" }),
    );
    assert.equal(outbound(made, "default/api:80").routes[0]?.origin, "HTTPRoute/default/producer");
    const shop = outbound(made, "default/api:80", { id: "shop/x", namespace: "shop" });
    assert.equal(shop.routes[0]?.origin, "HTTPRoute/shop/consumer");
    assert.equal(outbound(made, "default/api:80", { id: "else/x", namespace: "else" }).routes[0]?.origin, "HTTPRoute/default/producer");
  });

  it("attaches a fault to its Service; a route's own replaces it there and nowhere else", () => {
    const spec = (percent: number, ref: object) => ({ targetRefs: [ref], rules: [{ abort: { httpStatus: 503, percent } }] });
    const made = mesh(
      service("api"),
      route("r", { name: "api" }, [{ name: "one", matches: [{ path: { value: "/one" } }] }, { name: "two" }]),
      fault("on-service", spec(30, { group: "", kind: "Service", name: "api" })),
    );
    const before = outbound(made, "default/api:80");
    assert.equal(before.policies[0]?.origin, "FaultInjection/default/on-service");
    assert.equal(Fault.decode(before.policies[0]?.config ?? new Uint8Array()).rules[0]?.abort?.basisPoints, 3000);
    made.put(fault("on-rule", spec(1, { group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "r", sectionName: "one" })));
    const after = outbound(made, "default/api:80");
    assert.deepEqual(after.policies, []);
    assert.deepEqual(
      after.routes.map((one) => one.policies.map((policy) => policy.origin)),
      [["FaultInjection/default/on-rule"], ["FaultInjection/default/on-service"]],
    );
  });

  it("lets the oldest of two policies on one target win", () => {
    const spec = { targetRefs: [{ group: "", kind: "Service", name: "api" }], rules: [] };
    const made = mesh(
      service("api"),
      fault("young", spec, { creationTimestamp: "2026-02-01T00:00:00Z" }),
      fault("old", spec, { creationTimestamp: "2026-01-01T00:00:00Z" }),
    );
    assert.deepEqual(
      outbound(made, "default/api:80").policies.map((policy) => policy.origin),
      ["FaultInjection/default/old"],
    );
  });

  it("gives an instance what it serves, with policies that select its labels, and nobody else that", () => {
    const services = [{ name: "api", port: 80, protocol: "http", appPort: 8081, inboundPort: 4001 }];
    const made = mesh(
      workload("api1", { services }, { labels: { app: "api" } }),
      fault("slow", { selector: { matchLabels: { app: "api" } }, rules: [{ delay: { fixed: "200ms", percent: 50 } }] }),
    );
    const inbound = Inbound.decode(
      payload(made.compiler.lookup(TYPE_URL.INBOUND, "default/api1", { id: "default/api1", namespace: "default" })),
    );
    assert.deepEqual(
      inbound.ports.map(({ port, protocol, service: served, policies }) => [
        port,
        protocol,
        served,
        policies.map((policy) => policy.origin),
      ]),
      [[8081, Protocol.HTTP, "default/api:80", ["FaultInjection/default/slow"]]],
    );
    assert.equal(made.compiler.lookup(TYPE_URL.INBOUND, "default/api1", WEB), null);
  });

  it("keeps a TCP service free of HTTP routes", () => {
    const made = mesh(service("ledger", [[9000, "tcp"]]), route("r", { name: "ledger" }, [{}]));
    const ledger = outbound(made, "default/ledger:9000");
    assert.deepEqual([ledger.protocol, ledger.routes], [Protocol.TCP, []]);
  });

  it("serves one instance by its address, with its identity", () => {
    const made = mesh(service("api"), workload("api1"), slice("api", "api1", 4001));
    assert.equal(endpoints(made, "127.0.0.1:4001")[0]?.identity, "spiffe://cluster.local/ns/default/sa/api1");
    assert.deepEqual(outbound(made, "127.0.0.1:4001").routes, []);
    assert.equal(made.compiler.lookup(TYPE_URL.OUTBOUND, "127.0.0.1:4999", WEB), null);
  });

  it("knows a Service by its cluster address, and tells whoever asked for an address what it means now", () => {
    const at = (clusterIP: string): KubeObject => {
      const object = service("api");
      return { ...object, spec: { ...(object.spec as object), clusterIP } } as KubeObject;
    };
    const made = mesh(at("10.96.0.20"), workload("api1"), slice("api", "api1", 4001));
    const found = made.compiler.lookup(TYPE_URL.OUTBOUND, "10.96.0.20:80", WEB);
    assert.equal(found?.name, "default/api:80");
    assert.ok(found?.aliases.includes("10.96.0.20:80"));
    assert.equal(made.compiler.lookup(TYPE_URL.OUTBOUND, "10.96.0.20:81", WEB), null);
    const touched = made.put(at("10.96.0.21")).filter(({ typeUrl }) => typeUrl === TYPE_URL.OUTBOUND);
    const names = touched.flatMap((each) => each.names);
    for (const name of ["default/api:80", "10.96.0.20:80", "10.96.0.21:80"])
      assert.ok(names.includes(name), `${name} in ${names.join(" ")}`);
    assert.equal(made.compiler.lookup(TYPE_URL.OUTBOUND, "10.96.0.20:80", WEB), null, "an address that is nobody's any more");
  });

  it("a headless Service has no address to be known by", () => {
    const object = service("api");
    const made = mesh({ ...object, spec: { ...(object.spec as object), clusterIP: "None" } } as KubeObject);
    assert.deepEqual(
      made.compiler.lookup(TYPE_URL.OUTBOUND, "default/api:80", WEB)?.aliases.filter((alias) => /^[0-9[]/.test(alias)),
      [],
    );
  });

  it("renewing a lease touches nothing", () => {
    const made = mesh(service("api"), workload("api1"), slice("api", "api1", 4001));
    assert.deepEqual(made.put(workload("api1", {}, {}, { renewTime: "2026-01-01T00:00:00Z", ready: ["api:80"] })), []);
  });
});
