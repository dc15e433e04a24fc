import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Service } from "../../../src/compile/objects.ts";
import { deriveServices } from "../../../src/controller/localservices/derive.ts";
import { leaseEndMs } from "../../../src/controller/localservices/lease.ts";
import { LocalServices } from "../../../src/controller/localservices/reconciler.ts";
import { sameOwnedFields } from "../../../src/controller/localservices/same.ts";
import type { KindRef, KubeClient } from "../../../src/kube/contract.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import type { Workload } from "../../../src/model/kinds/workload.ts";
import { endpointSliceSchema } from "../../../src/model/kinds/endpoint-slice.ts";
import { serviceSchema } from "../../../src/model/kinds/service.ts";
import { PausedClock } from "../../support/paused-clock.ts";
import { silentLog } from "../../support/silent-log.ts";
import { mesh, service, workload as anyWorkload } from "../compile/objects.ts";

const none = () => undefined;
const workload = (...parameters: Parameters<typeof anyWorkload>) => anyWorkload(...parameters) as Workload;
const serves = (name: string, port: number, protocol = "http", inboundPort = 4000) => ({
  name,
  port,
  protocol,
  appPort: 8000,
  inboundPort,
});

describe("services derived from workloads", () => {
  it("makes the Service, the one of the version, and a slice for each", () => {
    const api1 = workload("api1", { version: "v1", services: [serves("api", 80, "http", 4001)] }, {}, { ready: ["api:80"] });
    const { services, slices } = deriveServices([api1], none);
    assert.deepEqual([...services.keys()], ["default/api", "default/api-v1"]);
    assert.deepEqual(services.get("default/api-v1")?.metadata.labels, {
      "app.kubernetes.io/managed-by": "meshctl",
      "meshctl.dev/service": "api",
      "meshctl.dev/version": "v1",
    });
    assert.equal(services.get("default/api")?.metadata.labels?.["meshctl.dev/version"], undefined);
    const slice = slices.get("default/api-v1-api1-80");
    assert.deepEqual(slice?.ports, [{ name: "http-80", protocol: "TCP", port: 4001, appProtocol: "http" }]);
    assert.deepEqual(slice?.endpoints?.[0]?.conditions, { ready: true, serving: true, terminating: false });
    assert.deepEqual(slice?.endpoints?.[0]?.targetRef, { kind: "Workload", namespace: "default", name: "api1" });
    for (const made of services.values()) serviceSchema.parse({ spec: made.spec });
    for (const { addressType, endpoints, ports } of slices.values()) endpointSliceSchema.parse({ addressType, endpoints, ports });
  });

  it("is ready only for the ports that are, and terminating while it drains", () => {
    const services = [serves("api", 80), serves("admin", 90)];
    const half = workload("api1", { services }, {}, { ready: ["api:80"] });
    const conditions = (one: Workload) =>
      Object.fromEntries([...deriveServices([one], none).slices].map(([key, slice]) => [key, slice.endpoints?.[0]?.conditions]));
    assert.deepEqual(conditions(half), {
      "default/api-api1-80": { ready: true, serving: true, terminating: false },
      "default/admin-api1-90": { ready: false, serving: false, terminating: false },
    });
    const draining = workload("api1", { services: [serves("api", 80)] }, {}, { ready: ["api:80"], phase: "Draining" });
    assert.deepEqual(conditions(draining), { "default/api-api1-80": { ready: false, serving: true, terminating: true } });
  });

  it("never touches a Service somebody wrote, and gives it no endpoints", () => {
    const { services, slices, foreign } = deriveServices([workload("api1", { services: [serves("api", 80)] })], (key) =>
      key === "default/api" ? (service("api") as Service) : undefined,
    );
    assert.deepEqual([services.size, slices.size, [...foreign]], [0, 0, ["default/api"]]);
  });

  it("keeps the ports a Service had, and lets the oldest of two that disagree about a protocol be right", () => {
    const had = service("api", [[7000, "tcp"]], { labels: { "app.kubernetes.io/managed-by": "meshctl" } }) as Service;
    const old = workload("a", { services: [serves("api", 80)] }, { creationTimestamp: "2026-01-01T00:00:00Z" });
    const young = workload("b", { services: [serves("api", 80, "tcp")] }, { creationTimestamp: "2026-01-02T00:00:00Z" });
    const { services, slices } = deriveServices([young, old], (key) => (key === "default/api" ? had : undefined));
    assert.deepEqual(
      services.get("default/api")?.spec?.ports?.map((port) => [port.port, port.appProtocol]),
      [
        [80, "http"],
        [7000, "tcp"],
      ],
    );
    assert.deepEqual([...slices.keys()], ["default/api-a-80"]);
  });

  it("leaves the name of a version to a service that is called so", () => {
    const a = workload("a", { version: "v1", services: [serves("api", 80)] });
    const b = workload("b", { services: [serves("api-v1", 80)] });
    const { services, slices } = deriveServices([a, b], none);
    assert.equal(services.get("default/api-v1")?.metadata.labels?.["meshctl.dev/version"], undefined);
    assert.deepEqual([...slices.keys()].sort(), ["default/api-a-80", "default/api-v1-b-80"]);
  });
});

describe("leases", () => {
  const renewed = (renewTime?: string) =>
    workload("a", { leaseDurationSeconds: 8 }, { creationTimestamp: "2026-01-01T00:00:00Z" }, renewTime === undefined ? {} : { renewTime });
  const at = (text: string) => Date.parse(text);

  it("end their duration after the last renewal, or after registration when there was none", () => {
    assert.equal(leaseEndMs(renewed("2026-01-01T00:01:00Z"), 0), at("2026-01-01T00:01:08Z"));
    assert.equal(leaseEndMs(renewed(), 0), at("2026-01-01T00:00:08Z"));
  });

  it("count from when the controller began to listen: nothing could be renewed before", () => {
    assert.equal(leaseEndMs(renewed("2026-01-01T00:01:00Z"), at("2026-01-01T01:00:00Z")), at("2026-01-01T01:00:08Z"));
  });

  it("count from then, too, when the time is not one", () => {
    assert.equal(leaseEndMs(renewed("yesterday"), 5_000), 13_000);
  });
});

describe("the reconciler", () => {
  const NOW = Date.parse("2026-01-01T00:00:00Z");
  const kindOf = (kind: string) => ({ group: "", version: "v1", kind, plural: kind, namespaced: true });

  function started(...objects: KubeObject[]) {
    const clock = new PausedClock(NOW);
    const { store, put } = mesh(...objects);
    const calls: string[] = [];
    const client = {
      create: async (kind: KindRef, object: KubeObject) => {
        calls.push(`create ${kind.kind}`);
        put(object);
        return object;
      },
      patch: async (_kind: KindRef, name: string, _namespace: string, patch: { status: object; metadata: object }) => {
        const before = store.get("Workload", `default/${name}`) as KubeObject;
        assert.deepEqual(patch.metadata, { uid: before.metadata.uid, resourceVersion: before.metadata.resourceVersion });
        calls.push(`patch ${JSON.stringify(patch.status)}`);
        put({
          ...before,
          metadata: { ...before.metadata, resourceVersion: `p${calls.length}` },
          status: { ...(before.status as object), ...patch.status },
        });
        return before;
      },
      delete: async (kind: KindRef, name: string) => {
        calls.push(`delete ${kind.kind}`);
        store.apply(kind.kind, `default/${name}`, undefined);
      },
    } as unknown as KubeClient;
    const kinds = { service: kindOf("Service"), endpointSlice: kindOf("EndpointSlice"), workload: kindOf("Workload") };
    const reconciler = new LocalServices({ store, client, kinds, clock, log: silentLog });
    const pass = async (ms: number) => {
      for (let gone = 0; gone < ms; gone += 500) {
        clock.advance(500);
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      }
    };
    return { calls, pass, store, close: () => reconciler.close() };
  }

  it("says Lost when a lease ends, deletes a minute later, and leaves a Service deleted that nobody serves", async () => {
    const renewed = { ready: ["api:80"], phase: "Running", renewTime: "2026-01-01T00:00:00Z" };
    const one = workload("api1", { services: [serves("api", 80)] }, { creationTimestamp: "2026-01-01T00:00:00Z" }, renewed);
    const { calls, pass, store, close } = started(one);
    await pass(7_500);
    assert.deepEqual(calls.sort(), ["create EndpointSlice", "create Service"]);
    calls.length = 0;
    await pass(1_500);
    const message = "its lease ended at 2026-01-01T00:00:08Z: the run was killed or its machine slept";
    assert.deepEqual(calls.sort(), [
      "delete EndpointSlice",
      `patch ${JSON.stringify({ phase: "Lost", ready: [], pid: null, proxyPid: null, message })}`,
    ]);
    calls.length = 0;
    store.apply("Service", "default/api", undefined);
    await pass(58_000);
    assert.deepEqual(calls, []);
    await pass(2_000);
    assert.deepEqual(calls, ["delete Workload"]);
    assert.equal(store.get("Service", "default/api"), undefined);
    await close();
  });

  it("does not bring back by its own start who was lost before", async () => {
    const lost = { ready: [], phase: "Lost", renewTime: "2025-12-31T23:59:00Z" };
    const { calls, pass, close } = started(workload("api1", { services: [serves("api", 80)] }, {}, lost));
    await pass(3_000);
    assert.deepEqual(calls, []);
    await close();
  });
});

describe("owned fields", () => {
  const base = service("api") as Service;
  it("ignore what others added and defaults, and see every difference in what we say", () => {
    const present = structuredClone(base) as Service & { spec: Record<string, unknown> };
    present.spec.sessionAffinity = "None";
    present.metadata.labels = { team: "a" };
    assert.equal(sameOwnedFields(base, present), true);
    assert.equal(sameOwnedFields({ ...base, metadata: { ...base.metadata, labels: { team: "b" } } }, present), false);
    const more = structuredClone(present);
    (more.spec.ports as object[]).push({ port: 81 });
    assert.equal(sameOwnedFields(base, more), false, "a list is owned whole");
  });
});
