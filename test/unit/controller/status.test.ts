import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { policyStatus } from "../../../src/controller/status/policy-status.ts";
import { routeStatus } from "../../../src/controller/status/route-status.ts";
import { StatusWriter } from "../../../src/controller/status/writer.ts";
import type { KindRef, KubeClient } from "../../../src/kube/contract.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import type { HTTPRoute } from "../../../src/policies/route/http-route.ts";
import { PausedClock } from "../../support/paused-clock.ts";
import { silentLog } from "../../support/silent-log.ts";
import { fault, mesh, route, service } from "../compile/objects.ts";

const NOW = Date.parse("2026-05-05T05:05:05Z");
const to = (name: string, port = 80) => ({ backendRefs: [{ name, port }] });
type Conditions = readonly { type: string; status: string; reason: string; message: string }[];
const brief = (conditions: Conditions | undefined) => conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const ofRoute = (store: ReturnType<typeof mesh>["store"], object: KubeObject) =>
  brief(routeStatus(store, object as HTTPRoute, NOW)?.parents[0]?.conditions);
const nobody = () => ({ acked: 0, total: 0 });

describe("status of routes", () => {
  const good = () => mesh(service("api"), service("api-v1"), service("ledger", [[9000, "tcp"]]));

  for (const [what, object, expected] of [
    ["a good one", route("r", { name: "api" }, [to("api-v1")]), ["Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"]],
    [
      "no such Service",
      route("r", { name: "nope" }, [to("api-v1")]),
      ["Accepted=False NoMatchingParent", "ResolvedRefs=True ResolvedRefs"],
    ],
    ["no such port", route("r", { name: "api", port: 81 }, []), ["Accepted=False NoMatchingParent", "ResolvedRefs=True ResolvedRefs"]],
    ["a TCP service", route("r", { name: "ledger" }, []), ["Accepted=False UnsupportedProtocol", "ResolvedRefs=True ResolvedRefs"]],
    ["no such backend", route("r", { name: "api" }, [to("nope")]), ["Accepted=True Accepted", "ResolvedRefs=False BackendNotFound"]],
    [
      "no such backend port",
      route("r", { name: "api" }, [to("api-v1", 81)]),
      ["Accepted=True Accepted", "ResolvedRefs=False BackendNotFound"],
    ],
    [
      "a backend of another namespace",
      route("r", { name: "api" }, [{ backendRefs: [{ name: "x", namespace: "other", port: 80 }] }]),
      ["Accepted=True Accepted", "ResolvedRefs=False RefNotPermitted"],
    ],
    [
      "a backend that is no Service",
      route("r", { name: "api" }, [{ backendRefs: [{ kind: "Bucket", name: "x", port: 80 }] }]),
      ["Accepted=True Accepted", "ResolvedRefs=False InvalidKind"],
    ],
    [
      "a filter this version does not have",
      route("r", { name: "api" }, [{ filters: [{ type: "URLRewrite" }], ...to("api-v1") }]),
      ["Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs", "PartiallyInvalid=True UnsupportedValue"],
    ],
  ] as const) {
    it(`says it of ${what}`, () => assert.deepEqual(ofRoute(good().store, object), expected));
  }

  it("leaves entries of others, keeps the time of what did not change, and is silent when right", () => {
    const { store } = good();
    const other = { parentRef: { name: "api" }, controllerName: "example.com/other", conditions: [] };
    const object = { ...route("r", { name: "api" }, [to("nope")]), status: { parents: [other] } } as HTTPRoute;
    const first = routeStatus(store, object, NOW);
    assert.deepEqual(first?.parents[0], other);
    assert.equal(first?.parents[1]?.controllerName, "meshctl.dev/controller");
    const written = { ...object, status: first } as HTTPRoute;
    assert.equal(routeStatus(store, written, NOW + 60_000), null);
    const healed = { ...written, spec: { ...written.spec, rules: [to("api-v1")] } } as HTTPRoute;
    const conditions = routeStatus(store, healed, NOW + 60_000)?.parents[1]?.conditions;
    assert.deepEqual(
      conditions?.map((condition) => condition.lastTransitionTime),
      ["2026-05-05T05:05:05Z", "2026-05-05T05:06:05Z"],
    );
  });
});

describe("status of policies", () => {
  const on = (name: string, kind = "Service") => ({ targetRefs: [{ group: "", kind, name }], rules: [] });
  const of = (store: ReturnType<typeof mesh>["store"], object: KubeObject, count = nobody) =>
    brief(policyStatus(store, object, count, NOW)?.conditions);

  it("counts acknowledgements", () => {
    const object = fault("f", on("api"));
    const { store } = mesh(service("api"), object);
    const fine = ["Accepted=True Accepted", "Conflicted=False NoConflict"];
    assert.deepEqual(
      of(store, object, () => ({ acked: 2, total: 3 })),
      [...fine, "Programmed=False Pending"],
    );
    assert.deepEqual(
      of(store, object, () => ({ acked: 3, total: 3 })),
      [...fine, "Programmed=True Programmed"],
    );
  });

  it("names the older holder of the same target", () => {
    const old = fault("old", on("api"), { creationTimestamp: "2026-01-01T00:00:00Z" });
    const young = fault("young", on("api"), { creationTimestamp: "2026-01-02T00:00:00Z" });
    const { store } = mesh(service("api"), old, young);
    assert.deepEqual(of(store, young), ["Accepted=True Accepted", "Conflicted=True TargetConflict"]);
    assert.match(policyStatus(store, young, nobody, NOW)?.conditions[1]?.message ?? "", /^FaultInjection\/default\/old /);
    assert.equal(of(store, old)?.[1], "Conflicted=False NoConflict");
  });

  it("says when there is nothing to attach to", () => {
    const { store } = mesh();
    assert.deepEqual(of(store, fault("f", on("api"))), ["Accepted=False TargetNotFound"]);
    assert.deepEqual(of(store, fault("f", on("gw", "Gateway"))), ["Accepted=False InvalidKind"]);
    assert.deepEqual(of(store, fault("f", on("default", "MeshConfig"))), ["Accepted=False Invalid"]);
    assert.deepEqual(of(store, fault("f", on("other", "Namespace"))), ["Accepted=False Invalid"]);
    assert.deepEqual(of(store, fault("f", { selector: { matchLabels: { a: "b" } }, rules: [] })), ["Accepted=False TargetNotFound"]);
  });
});

describe("the status writer", () => {
  const kind = (name: string, plural: string): KindRef => ({ group: "", version: "v1", kind: name, plural, namespaced: true });

  it("writes a difference once, waits 5 s before the next, and is silent after that", async () => {
    const clock = new PausedClock(NOW);
    const object = route("r", { name: "api" }, [to("api-v1")]);
    const { store, put } = mesh(object);
    const written: HTTPRoute[] = [];
    const client = {
      updateStatus: async (_kind: KindRef, next: KubeObject) => {
        written.push(next as HTTPRoute);
        put({ ...next, metadata: { ...next.metadata, resourceVersion: `w${written.length}` } });
        return next;
      },
    } as unknown as KubeClient;
    const writer = new StatusWriter({
      store,
      client,
      routeKind: kind("HTTPRoute", "httproutes"),
      policyKinds: [],
      count: nobody,
      clock,
      log: silentLog,
    });
    const pass = async (ms: number) => {
      clock.advance(ms);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    };
    writer.poke();
    writer.poke();
    await pass(200);
    assert.equal(written.length, 1);
    put(service("api"));
    writer.poke();
    await pass(200);
    assert.equal(written.length, 1, "too soon");
    put(service("api-v1"));
    writer.poke();
    await pass(5_000);
    await pass(5_000);
    assert.equal(written.length, 2, "both changes at once");
    assert.deepEqual(brief(written[1]?.status?.parents?.[0]?.conditions), ["Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"]);
    writer.poke();
    await pass(20_000);
    assert.equal(written.length, 2);
    writer.close();
  });

  it("writes a new generation at once, and when the last proxy has it in force; other counts wait", async () => {
    const clock = new PausedClock(NOW);
    const object = fault("f", { targetRefs: [{ group: "", kind: "Service", name: "api" }], rules: [] }, { generation: 1 });
    const { store, put } = mesh(service("api"), object);
    const written: string[] = [];
    let counted = { acked: 0, total: 3 };
    const client = {
      updateStatus: async (_kind: KindRef, next: KubeObject) => {
        const { conditions = [] } = next.status as { conditions?: readonly { type: string; message: string }[] };
        written.push(`${next.metadata.generation}: ${conditions.find(({ type }) => type === "Programmed")?.message}`);
        put({ ...next, metadata: { ...next.metadata, resourceVersion: `w${written.length}` } });
        return next;
      },
    } as unknown as KubeClient;
    const log = silentLog;
    const routeKind = kind("HTTPRoute", "httproutes");
    const policyKinds = [kind("FaultInjection", "faultinjections")];
    const writer = new StatusWriter({ store, client, routeKind, policyKinds, count: () => counted, clock, log });
    const pass = async (ms: number) => {
      clock.advance(ms);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    };
    const acked = async (count: number, ms: number) => {
      counted = { acked: count, total: 3 };
      writer.poke();
      await pass(ms);
    };
    const change = { kind: "FaultInjection", key: "default/f", before: undefined, after: object };
    writer.poke(change);
    await pass(20);
    await acked(1, 1_000);
    await acked(3, 200);
    await acked(2, 1_000);
    await acked(3, 1_000);
    const next = { ...object, metadata: { ...object.metadata, generation: 2, resourceVersion: "g2" } };
    counted = { acked: 0, total: 3 };
    put(next);
    writer.poke({ ...change, before: object, after: next });
    await pass(20);
    assert.deepEqual(written, [
      "1: 0 of 3 proxies have it in force",
      "1: 3 of 3 proxies have it in force",
      "2: 0 of 3 proxies have it in force",
    ]);
    writer.close();
  });
});
