import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import type { ProxyStatus, StatRow } from "../../../src/api/contract.ts";
import type { CheckFacts, CheckResult } from "../../../src/check/contract.ts";
import { CHECKS } from "../../../src/check/list.ts";
import { runChecks, succeeded } from "../../../src/check/runner.ts";
import { UserError } from "../../../src/lib/errors.ts";
import type { Workload } from "../../../src/model/kinds/workload.ts";
import type { KubeObject } from "../../../src/model/object.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const at = (offsetMs: number) => new Date(NOW + offsetMs).toISOString();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const proxy: ProxyStatus = {
  namespace: "default",
  instance: "web",
  workload: "web",
  identity: "spiffe://cluster.local/ns/default/sa/web",
  version: "0.1.0",
  capabilities: [],
  connected: true,
  connectedSince: at(-HOUR),
  certificate: { serial: "01", notBefore: at(-HOUR), notAfter: at(23 * HOUR) },
  sync: { Inbound: "SYNCED", Outbound: "SYNCED", Endpoints: "NOT SENT", Trust: "SYNCED", ProxyConfig: "SYNCED" },
  nacks: [],
  address: "127.0.0.1:1",
  processes: 1,
  clockSkewMs: 3,
  overload: { state: "normal", why: "", refusedRequests: 7, refusedConnections: 0 },
};

const certificate = (notBefore: string, notAfter: string) => ({
  subject: "CN=x",
  serial: "01",
  notBefore,
  notAfter,
  fingerprintSha256: "00",
});
const ca = {
  trustDomain: "cluster.local",
  backend: "file",
  root: certificate(at(-DAY), at(3650 * DAY)),
  issuer: certificate(at(-DAY), at(60 * DAY)),
  leafTtlSeconds: 86_400,
  issuerRotatesAt: at(30 * DAY),
  issued: { current: 1, expiringWithin1h: 0 },
};

const workload = {
  apiVersion: "meshctl.dev/v1alpha1",
  kind: "Workload",
  metadata: { name: "api1", namespace: "default" },
  spec: { services: [{ name: "api", port: 80 }] },
  status: { ready: ["api:80"], renewTime: at(-2_000) },
} as unknown as Workload;

const route = (type: string, status: string): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "r", namespace: "default" },
  status: { parents: [{ conditions: [{ type, status, reason: "Because", message: "it is so" }] }] },
});

const served = { namespace: "default", name: "ledger", tcpConnections: 9, detectionTimeouts: 0 } as StatRow;

/** A mesh in which everything is fine. */
const healthy: CheckFacts = {
  nowMs: NOW,
  nodeVersion: "v24.14.1",
  clientVersion: "0.1.0",
  stateDirectory: "/state",
  homeProblems: () => [],
  context: () => ({ name: "local", platform: "local", server: "https://127.0.0.1:15014" }),
  controllerProcess: () => ({
    record: { pid: 7, startedAt: at(-HOUR), discoveryPort: 15012, httpsPort: 15014, version: "0.1.0" },
    alive: true,
  }),
  reach: async () => {},
  serverVersion: async () => ({
    version: "0.1.0",
    node: "v24.14.1",
    startedAt: at(-HOUR),
    trustDomain: "cluster.local",
    discoveryPort: 15012,
  }),
  ca: async () => ca,
  proxies: async () => [proxy],
  workloads: async () => [workload],
  services: async () => [served],
  policies: async () => [route("Accepted", "True"), route("ResolvedRefs", "True"), route("Conflicted", "False")],
};

const notFine = (results: CheckResult[]) => results.filter(({ result }) => result === "error" || result === "warning");

test("a healthy mesh passes every check without a word", async () => {
  const results = await runChecks(CHECKS, healthy);
  assert.equal(results.length, CHECKS.length);
  assert.deepEqual(
    results.filter(({ result, reasons }) => result !== "ok" || reasons.length > 0),
    [],
  );
  assert.ok(succeeded(results));
});

test("ids are unique, what a check needs stands before it", () => {
  const seen = new Set<string>();
  for (const { id, needs } of CHECKS) {
    assert.ok(!seen.has(id), id);
    for (const need of needs ?? []) assert.ok(seen.has(need), `${id} needs ${need}`);
    seen.add(id);
  }
});

const fail = async () => {
  throw new Error("connection refused");
};

/** One thing broken; the one check that must notice; with which level; a word of its reason. */
const BROKEN: readonly [name: string, broken: Partial<CheckFacts>, id: string, level: string, reason: RegExp][] = [
  [
    "a Node line past its end",
    {
      nowMs: Date.parse("2028-05-01"),
      ca: async () => ({
        ...ca,
        root: certificate(at(0), at(9999 * DAY)),
        issuer: certificate(at(0), at(8000 * DAY)),
        issuerRotatesAt: at(7000 * DAY),
      }),
      proxies: async () => [],
      workloads: async () => [],
    },
    "node-line",
    "warning",
    /end of life on 2028-04-30/,
  ],
  ["a Node too old to work", { nodeVersion: "v20.18.0" }, "node-line", "error", /older than 20\.18\.1/],
  ["an unpatched Node", { nodeVersion: "v24.14.0" }, "node-patched", "warning", /security fixes of 24\.14\.1/],
  [
    "an open state directory",
    { homeProblems: () => [{ path: "/state", message: "is open to other users (mode 0755)", fix: "chmod 700 /state" }] },
    "home-modes",
    "error",
    /mode 0755/,
  ],
  [
    "no context",
    {
      context: () => {
        throw new UserError("there is no mesh to talk to yet", { hint: "Start one" });
      },
    },
    "context",
    "error",
    /no mesh/,
  ],
  [
    "a dead controller",
    { controllerProcess: () => ({ ...healthy.controllerProcess(), alive: false }) },
    "controller-process",
    "error",
    /process 7/,
  ],
  [
    "a controller that never was",
    { controllerProcess: () => ({ record: null, alive: false }) },
    "controller-process",
    "error",
    /no controller of \/state/,
  ],
  ["a port that does not answer", { reach: fail }, "api-reachable", "error", /connection refused/],
  ["a refused credential", { serverVersion: fail }, "api-authenticated", "error", /connection refused/],
  ["an old client", { clientVersion: "0.0.9" }, "client-version", "warning", /0\.0\.9/],
  ["a client of another age", { clientVersion: "1.0.0" }, "client-version", "error", /1\.0\.0/],
  [
    "an expired root",
    { ca: async () => ({ ...ca, root: certificate(at(-2 * DAY), at(-DAY)), issuer: certificate(at(-2 * DAY), at(-2 * DAY)) }) },
    "root-lifetime",
    "error",
    /expired/,
  ],
  [
    "a root near its end",
    { ca: async () => ({ ...ca, root: certificate(at(-DAY), at(59 * DAY)), issuer: certificate(at(-DAY), at(59 * DAY)) }) },
    "root-lifetime",
    "warning",
    /expires in 59d/,
  ],
  [
    "a root of the future",
    { ca: async () => ({ ...ca, root: certificate(at(HOUR), at(3650 * DAY)) }) },
    "root-lifetime",
    "error",
    /has not reached/,
  ],
  [
    "an expired issuer",
    { ca: async () => ({ ...ca, issuer: certificate(at(-2 * DAY), at(-DAY)) }) },
    "issuer-lifetime",
    "error",
    /expired/,
  ],
  [
    "an issuer that outlives its root",
    { ca: async () => ({ ...ca, issuer: certificate(at(-DAY), at(9999 * DAY)) }) },
    "issuer-lifetime",
    "error",
    /after the root/,
  ],
  [
    "an issuer too short for its leaves",
    { ca: async () => ({ ...ca, issuer: certificate(at(-DAY), at(HOUR)) }) },
    "issuer-lifetime",
    "warning",
    /before the leaves/,
  ],
  [
    "an issuer whose rotation is late",
    { ca: async () => ({ ...ca, issuerRotatesAt: at(-HOUR) }) },
    "issuer-lifetime",
    "warning",
    /overdue by 60m/,
  ],
  [
    "a proxy that is away",
    { proxies: async () => [proxy, { ...proxy, instance: "api1", connected: false }] },
    "proxies-connected",
    "error",
    /default\/api1 is not connected/,
  ],
  [
    "a NACK",
    {
      proxies: async () => [
        {
          ...proxy,
          sync: { ...proxy.sync, Outbound: "NACK" },
          nacks: [{ type: "Outbound", name: "default/api:80", message: "bad weight", at: at(0) }],
        },
      ],
    },
    "proxies-synced",
    "error",
    /default\/web refused Outbound default\/api:80: bad weight/,
  ],
  [
    "a proxy that does not answer",
    { proxies: async () => [{ ...proxy, sync: { ...proxy.sync, Trust: "STALE" } }] },
    "proxies-synced",
    "error",
    /last Trust/,
  ],
  [
    "an expired leaf",
    { proxies: async () => [{ ...proxy, certificate: { serial: "1", notBefore: at(-DAY), notAfter: at(-HOUR) } }] },
    "proxies-certificates",
    "error",
    /expired 60m ago/,
  ],
  [
    "a leaf that was not renewed",
    { proxies: async () => [{ ...proxy, certificate: { serial: "1", notBefore: at(-23 * HOUR), notAfter: at(HOUR) } }] },
    "proxies-certificates",
    "warning",
    /overdue, 60m left/,
  ],
  ["a proxy without a leaf", { proxies: async () => [{ ...proxy, certificate: null }] }, "proxies-certificates", "error", /no certificate/],
  ["a clock a little off", { proxies: async () => [{ ...proxy, clockSkewMs: -8_000 }] }, "proxies-clock", "warning", /8s behind/],
  [
    "a proxy that turns requests away",
    {
      proxies: async () => [
        { ...proxy, overload: { state: "shedding", why: "requests wait 700 ms", refusedRequests: 12, refusedConnections: 3 } },
      ],
    },
    "proxies-overload",
    "warning",
    /default\/web: requests wait 700 ms; since it started 12 requests and 3 connections were refused/,
  ],
  ["a clock far off", { proxies: async () => [{ ...proxy, clockSkewMs: 90_000 }] }, "proxies-clock", "error", /90s ahead/],
  ["an old proxy", { proxies: async () => [{ ...proxy, version: "0.1.1" }] }, "proxies-version", "warning", /is 0\.1\.1/],
  ["a proxy two minors away", { proxies: async () => [{ ...proxy, version: "0.3.0" }] }, "proxies-version", "error", /is 0\.3\.0/],
  [
    "a refused route",
    { policies: async () => [route("Accepted", "False")] },
    "policies-accepted",
    "error",
    /HTTPRoute default\/r: it is so/,
  ],
  ["a field that is not heeded", { policies: async () => [route("PartiallyInvalid", "True")] }, "policies-whole", "warning", /it is so/],
  ["a reference into nothing", { policies: async () => [route("ResolvedRefs", "False")] }, "policies-resolved", "error", /it is so/],
  [
    "two policies on one target",
    {
      policies: async () => [
        {
          ...route("x", "True"),
          kind: "FaultInjection",
          status: { conditions: [{ type: "Conflicted", status: "True", reason: "Older", message: "default/a is older" }] },
        },
      ],
    },
    "policies-conflict",
    "warning",
    /default\/a is older/,
  ],
  [
    "a workload whose supervisor was killed",
    { workloads: async () => [{ ...workload, status: { ...workload.status, renewTime: at(-9_000) } } as unknown as Workload] },
    "workloads-alive",
    "error",
    /default\/api1 was last heard of 9s ago/,
  ],
  [
    "a workload that is lost",
    {
      workloads: async () => [
        {
          ...workload,
          status: { phase: "Lost", ready: [], message: "its lease ended at noon", renewTime: at(-9_000) },
        } as unknown as Workload,
      ],
    },
    "workloads-alive",
    "error",
    /default\/api1 is lost: its lease ended at noon/,
  ],
  [
    "a workload that does not serve",
    {
      workloads: async () => [
        { ...workload, status: { ...workload.status, ready: [], message: "connection refused" } } as unknown as Workload,
      ],
    },
    "workloads-ready",
    "error",
    /default\/api1 is not ready for api:80: connection refused/,
  ],
  [
    "a port whose protocol nobody declared and nobody shows",
    { services: async () => [{ ...served, detectionTimeouts: 3 }] },
    "protocols-declared",
    "warning",
    /default\/ledger: 3 connections on which nobody spoke for 200 ms/,
  ],
];

describe("each check notices its own trouble, and nothing else does", () => {
  for (const [name, broken, id, level, reason] of BROKEN) {
    it(name, async () => {
      const results = await runChecks(CHECKS, { ...healthy, ...broken });
      const bad = notFine(results);
      assert.deepEqual(
        bad
          .filter((result) => result.id !== id && !(name === "an expired root" && result.id === "issuer-lifetime"))
          .map((result) => result.id),
        name === "a Node too old to work" ? ["node-patched"] : [],
      );
      const found = results.find((result) => result.id === id);
      assert.equal(found?.result, level);
      assert.match(found?.reasons.join("\n") ?? "", reason);
      assert.ok(found?.next, "every finding says what to do next");
      assert.equal(succeeded(results), level === "warning" && bad.every(({ result }) => result === "warning"));
    });
  }

  it("covers every check", () => {
    assert.deepEqual(
      CHECKS.filter(({ id }) => !BROKEN.some(([, , broken]) => broken === id)).map(({ id }) => id),
      [],
    );
  });
});

test("what depends on a failed check is skipped and says on what", async () => {
  const results = await runChecks(CHECKS, { ...healthy, reach: fail });
  const skipped = results.filter(({ result }) => result === "skipped");
  assert.ok(skipped.length > 8);
  for (const { reasons } of skipped) assert.match(reasons[0] ?? "", /^not checked: depends on "the API/);
});
