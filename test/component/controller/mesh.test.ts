import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { API, type ProxyStatus, type TapLine } from "../../../src/api/contract.ts";
import { Endpoints, Health, Inbound, Outbound, ProxyConfig, Trust } from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { TapBatch } from "../../../src/messages/gen/meshctl/telemetry/v1/telemetry.ts";
import { GRPC, TYPE_URL } from "../../../src/messages/names.ts";
import { proxiesClock } from "../../../src/check/checks/proxies-clock.ts";
import type { CheckFacts } from "../../../src/check/contract.ts";
import { runChecks } from "../../../src/check/runner.ts";
import { isNotFound } from "../../../src/kube/error.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import {
  type ControllerProcess,
  type FakeProxyOptions,
  fakeProxy,
  kind,
  renew,
  startProcess,
  temporaryHome,
  until,
  workloadObject,
} from "./setup.ts";

const home = temporaryHome();
const proxies: Awaited<ReturnType<typeof fakeProxy>>[] = [];
let controller: ControllerProcess;

before(async () => {
  controller = await startProcess(home.layout);
});
after(async () => {
  for (const proxy of proxies) proxy.client.close();
  await controller.kill("SIGTERM");
  home.remove();
});

async function proxy(instance: string, more: FakeProxyOptions = {}) {
  const made = await fakeProxy(controller, instance, more);
  proxies.push(made);
  return made;
}

const api = (inboundPort: number, more: object = {}) => ({
  version: "v1",
  leaseDurationSeconds: 2,
  services: [{ name: "api", port: 80, protocol: "http", appPort: 8081, inboundPort }],
  ...more,
});

describe("a controller and its proxies", () => {
  it("derives services from a workload and carries readiness, drain and lease to a subscriber", async () => {
    const { client } = controller;
    await client.create(kind("Workload"), workloadObject("api1", api(24_001)));
    const web = await proxy("web");
    web.client.subscribe(TYPE_URL.ENDPOINTS, "default/api:80");
    web.client.subscribe(TYPE_URL.TRUST, "cluster.local");
    const endpoints = () => {
      const bytes = web.held.get("ENDPOINTS default/api:80");
      return bytes === undefined ? null : Endpoints.decode(bytes).endpoints;
    };
    await until(() => endpoints()?.length === 0, "the service, without ready endpoints");
    await until(() => web.held.has("TRUST cluster.local"), "the roots");
    assert.equal(Trust.decode(web.held.get("TRUST cluster.local") ?? new Uint8Array()).roots.length, 1);

    await renew(client, "api1", ["api:80"]);
    await until(() => endpoints()?.[0]?.health === Health.READY, "ready");
    assert.deepEqual(
      endpoints()?.map(({ port, identity, version, workload }) => ({ port, identity, version, workload })),
      [{ port: 24_001, identity: "spiffe://cluster.local/ns/default/sa/api1", version: "v1", workload: "api1" }],
    );
    await renew(client, "api1", ["api:80"], { phase: "Draining" });
    await until(() => endpoints()?.[0]?.health === Health.TERMINATING, "draining");
    await renew(client, "api1", ["api:80"]);
    await until(() => endpoints()?.[0]?.health === Health.READY, "back");
    // Nobody renews it: gone when its lease of 2 s ends.
    const took = await until(() => endpoints()?.length === 0, "the end of the lease", 4_000);
    assert.ok(took > 1_000, "not before its time");
    await client.get(kind("Workload"), "api1", "default");
    await client.get(kind("Service"), "api-v1", "default");
    await client.delete(kind("Workload"), "api1", "default");
    await client.get(kind("Service"), "api", "default");
  });

  it("gives a proxy its own Inbound and nobody else's, also when it registers later", async () => {
    const own = await proxy("own");
    own.client.subscribe(TYPE_URL.INBOUND, "default/own");
    own.client.subscribe(TYPE_URL.INBOUND, "default/other");
    await until(() => own.removed.length === 2, "both unknown");
    const spec = { services: [{ name: "own", port: 80, appPort: 8000, inboundPort: 24_100 }] };
    await controller.client.create(kind("Workload"), workloadObject("other", spec));
    await controller.client.create(kind("Workload"), workloadObject("own", spec));
    await until(() => own.held.has("INBOUND default/own"), "its own");
    assert.equal(Inbound.decode(own.held.get("INBOUND default/own") ?? new Uint8Array()).ports[0]?.port, 8000);
    assert.equal(own.held.has("INBOUND default/other"), false);
  });

  it("refuses a certificate that speaks for another instance", async () => {
    for (const [claims, why] of [
      ["default/own", "this certificate was issued to default/thief"],
      ["kube-system/thief", "may not act for"],
      ["thief", "must be namespace/instance"],
    ] as const) {
      const thief = await fakeProxy(controller, "thief", { claims });
      try {
        thief.client.subscribe(TYPE_URL.INBOUND, claims);
        await until(
          () => thief.states.some((state) => state.includes(why)),
          () => `${claims}: ${thief.states.join(", ")}`,
        );
        assert.equal(thief.held.size, 0);
      } finally {
        thief.client.close();
      }
    }
  });

  it("carries a split and a fault to the caller, and says so in their status", async () => {
    const { client } = controller;
    for (const [name, version] of [
      ["b1", "v1"],
      ["b2", "v2"],
    ] as const) {
      await client.create(
        kind("Workload"),
        workloadObject(name, {
          version,
          leaseDurationSeconds: 60,
          services: [{ name: "shop", port: 80, appPort: 8000, inboundPort: 24_200 }],
        }),
      );
    }
    const caller = await proxy("caller");
    caller.client.subscribe(TYPE_URL.OUTBOUND, "shop.default.svc.cluster.local:80");
    const outbound = () => {
      const bytes = caller.held.get("OUTBOUND default/shop:80");
      return bytes === undefined ? null : Outbound.decode(bytes);
    };
    await until(() => outbound() !== null, "the service under its alias");
    assert.equal(outbound()?.meshed, true);
    const metadata = { namespace: "default", name: "shop-split" };
    const backend = (name: string, weight: number) => ({ group: "", kind: "Service", name, port: 80, weight });
    await client.create(kind("HTTPRoute"), {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata,
      spec: {
        parentRefs: [{ group: "", kind: "Service", name: "shop", port: 80 }],
        rules: [{ backendRefs: [backend("shop-v1", 90), backend("shop-v2", 10)] }],
      },
    });
    await until(() => outbound()?.routes[0]?.backends.length === 2, "the split");
    assert.deepEqual(
      outbound()?.routes[0]?.backends.map(({ endpoints, weight }) => [endpoints, weight]),
      [
        ["default/shop-v1:80", 90],
        ["default/shop-v2:80", 10],
      ],
    );
    caller.refuse = (name) => (name === "default/shop:80" ? "cannot do that" : null);
    await client.create(kind("FaultInjection"), {
      apiVersion: "meshctl.dev/v1alpha1",
      kind: "FaultInjection",
      metadata: { namespace: "default", name: "shop-fault" },
      spec: { targetRefs: [{ group: "", kind: "Service", name: "shop" }], rules: [{ abort: { httpStatus: 503, percent: 30 } }] },
    });
    const conditions = async (what: string, name: string): Promise<Record<string, { status: string; message: string }>> => {
      const object = await client.get<KubeObject>(kind(what), name, "default");
      const status = object.status as { conditions?: object[]; parents?: { conditions: object[] }[] } | undefined;
      const list = (status?.conditions ?? status?.parents?.[0]?.conditions ?? []) as { type: string; status: string; message: string }[];
      return Object.fromEntries(list.map((condition) => [condition.type, condition]));
    };
    await until(async () => (await conditions("HTTPRoute", "shop-split")).Accepted?.status === "True", "the route's status");
    await until(
      async () => (await conditions("FaultInjection", "shop-fault")).Programmed?.status === "False",
      "not in force, in the status",
      12_000,
    );
    // The status of a new generation is written at once: the answer of the proxy may come after it.
    const ofCaller = () => client.request<ProxyStatus>("GET", `${API.PROXIES}/default/caller`);
    await until(async () => (await ofCaller()).sync.Outbound === "NACK", "the refusal");
    const shown = await ofCaller();
    assert.deepEqual([shown.nacks[0]?.name, shown.nacks[0]?.message], ["default/shop:80", "cannot do that"]);
    assert.equal(shown.sync.Endpoints, "NOT SENT");
    assert.equal(outbound()?.policies.length, 0, "the last good version stays");

    caller.refuse = () => null;
    await client.patch(kind("FaultInjection"), "shop-fault", "default", { spec: { expiresAt: "2040-01-01T00:00:00Z" } });
    await until(() => outbound()?.policies[0]?.origin === "FaultInjection/default/shop-fault", "the fault");
    await until(
      async () => (await conditions("FaultInjection", "shop-fault")).Programmed?.message === "1 of 1 proxies have it in force",
      "programmed",
      12_000,
    );
    const [all] = (await client.request<ProxyStatus[]>("GET", API.PROXIES)).filter(({ instance }) => instance === "caller");
    assert.equal(all?.sync.Outbound, "SYNCED");
    await client.delete(kind("FaultInjection"), "shop-fault", "default");
    await until(() => outbound()?.policies.length === 0, "its end");
  });

  it("taps only the proxies concerned, hands their events on, and ends with the listener", async () => {
    const { client } = controller;
    const caller = proxies.find(({ id }) => id === "default/caller") ?? (await proxy("caller"));
    const bystander = await proxy("bystander");
    for (const one of [caller, bystander]) one.client.subscribe(TYPE_URL.PROXY_CONFIG, one.id);
    const taps = (one: typeof caller) => ProxyConfig.decode(one.held.get(`PROXY_CONFIG ${one.id}`) ?? new Uint8Array()).taps;
    await until(() => [caller, bystander].every((one) => one.held.has(`PROXY_CONFIG ${one.id}`)), "settings");
    const abort = new AbortController();
    const lines: TapLine[] = [];
    const reading = (async () => {
      const query = "service=shop&status=5xx&maxPerSecond=7";
      for await (const line of client.stream<TapLine>(`${API.TAP}?${query}`, { signal: abort.signal })) lines.push(line);
    })().catch(() => {});
    await until(() => taps(caller).length === 1, "the session at the caller");
    const [session] = taps(caller);
    assert.deepEqual([session?.maxPerSecond, session?.filter?.status, session?.filter?.toService], [7, "5xx", "default/shop"]);
    assert.ok((session?.expiresAtUnixMs ?? 0) > Date.now());
    assert.deepEqual(taps(bystander), []);
    assert.equal(lines[0]?.type, "started");

    const events = await metric("meshctl_controller_tap_events_total");
    const up = caller.client.openUpStream(GRPC.TAP, () => {});
    const stranger = bystander.client.openUpStream(GRPC.TAP, () => {});
    const event = {
      sessionIds: [session?.id ?? ""],
      proxy: "default/liar",
      direction: "outbound",
      status: 503,
      method: "GET",
      path: "/items",
    };
    stranger?.send(TapBatch.encode(TapBatch.fromPartial({ events: [event] })).finish());
    up?.send(TapBatch.encode(TapBatch.fromPartial({ events: [event], dropped: 3 })).finish());
    await until(
      () => lines.some((line) => line.type === "event") && lines.some((line) => line.type === "dropped"),
      "the event and the drop",
    );
    const got = lines.flatMap((line) => (line.type === "event" ? [line.event] : []));
    assert.deepEqual(
      got.map(({ proxy: from, status, path }) => [from, status, path]),
      [["default/caller", 503, "/items"]],
      "one event, under the name of the certificate; the bystander was not asked",
    );
    assert.equal((await metric("meshctl_controller_tap_events_total")) - events, 2);
    abort.abort();
    await reading;
    await until(() => taps(caller).length === 0, "the end of the session");
    await assert.rejects(
      async () => {
        for await (const line of client.stream(`${API.TAP}?service=nope`)) void line;
      },
      (error) => isNotFound(error),
    );
  });

  it("taps one version of a service: callers of the service, and only what comes to that version", async () => {
    const { client } = controller;
    const caller = proxies.find(({ id }) => id === "default/caller") ?? (await proxy("caller"));
    const abort = new AbortController();
    const lines: TapLine[] = [];
    const reading = (async () => {
      for await (const line of client.stream<TapLine>(`${API.TAP}?service=shop-v2`, { signal: abort.signal })) lines.push(line);
    })().catch(() => {});
    const filter = () => ProxyConfig.decode(caller.held.get(`PROXY_CONFIG ${caller.id}`) ?? new Uint8Array()).taps[0]?.filter;
    await until(() => filter() !== undefined, "the session at the caller of shop");
    assert.deepEqual(
      [filter()?.toService, filter()?.baseService, filter()?.versionWorkloads],
      ["default/shop-v2", "default/shop", ["default/b2"]],
    );
    // The caller, and the one instance of that version.
    assert.deepEqual(
      lines.map((line) => line.type === "started" && line.proxies),
      [2],
    );
    abort.abort();
    await reading;
  });

  it("tells callers what the proxies behind an endpoint can do, as these say it themselves", async () => {
    const { client } = controller;
    const spec = { leaseDurationSeconds: 60, services: [{ name: "able", port: 80, appPort: 8000, inboundPort: 24_400 }] };
    await client.create(kind("Workload"), workloadObject("able1", spec));
    await renew(client, "able1", ["able:80"]);
    const caller = proxies.find(({ id }) => id === "default/caller") ?? (await proxy("caller"));
    caller.client.subscribe(TYPE_URL.ENDPOINTS, "default/able:80");
    const capabilities = () =>
      Endpoints.decode(caller.held.get("ENDPOINTS default/able:80") ?? new Uint8Array()).endpoints[0]?.capabilities;
    await until(() => capabilities() !== undefined, "the endpoint");
    assert.deepEqual(capabilities(), ["meshctl/h1", "meshctl/tcp"], "what every proxy can, while it has not said");
    const able = await proxy("able1", { features: ["meshctl/tcp", "meshctl/h2", "x-other", "meshctl/h1"] });
    able.client.subscribe(TYPE_URL.TRUST, "cluster.local");
    await until(() => capabilities()?.length === 3, "what it said");
    assert.deepEqual(capabilities(), ["meshctl/h1", "meshctl/h2", "meshctl/tcp"]);
    able.client.close();
    await until(async () => (await client.request<ProxyStatus>("GET", `${API.PROXIES}/default/able1`)).connected === false, "its going");
    assert.equal(capabilities()?.length, 3, "it serves on without the controller, and can do what it could");
  });

  it("sees clocks that are off, and check says whose", async () => {
    const late = await proxy("late", { clock: { ...systemClock, nowMs: () => systemClock.nowMs() - 90_000 } });
    late.client.subscribe(TYPE_URL.TRUST, "cluster.local");
    const status = (instance: string) => controller.client.request<ProxyStatus>("GET", `${API.PROXIES}/default/${instance}`);
    await until(async () => (await status("late").catch(() => null))?.clockSkewMs != null, "its reading");
    const { clockSkewMs } = await status("late");
    assert.ok(Math.abs((clockSkewMs ?? 0) + 90_000) < 5_000, String(clockSkewMs));
    const right = (await status("caller")).clockSkewMs;
    assert.ok(right !== null && Math.abs(right) < 5_000, String(right));

    const facts = { proxies: () => controller.client.request<ProxyStatus[]>("GET", API.PROXIES) } as unknown as CheckFacts;
    const [line] = await runChecks([proxiesClock], facts);
    assert.equal(line?.result, "error");
    assert.match(line.reasons.join(), /^default\/late is 9[0-4]s behind$/);
    assert.match(line.next ?? "", /NTP/);
    late.client.close();
    await until(async () => (await runChecks([proxiesClock], facts))[0]?.result === "ok", "no word of who is gone");
  });

  it("renews a proxy's certificate when asked", async () => {
    const caller = proxies.find(({ id }) => id === "default/caller");
    assert.ok(caller);
    const answer = await controller.client.request<{ asked: string[] }>("POST", API.ROTATE, { instance: "default/caller" });
    assert.deepEqual(answer.asked, ["default/caller"]);
    const asked = () => ProxyConfig.decode(caller.held.get(`PROXY_CONFIG ${caller.id}`) ?? new Uint8Array()).renewIssuedBeforeUnixMs;
    await until(() => asked() > 0, "the wish");
  });

  async function metric(name: string): Promise<number> {
    const { request } = await import("node:https");
    const { httpsPort } = controller.record;
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${controller.token}` };
      request({ host: "127.0.0.1", port: httpsPort, path: "/metrics", ca: controller.caPem, headers, agent: false }, (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve(body));
      })
        .on("error", reject)
        .end();
    });
    return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  }
});
