import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT, UserError } from "../../../../src/lib/errors.ts";
import { refuseConflicts } from "../../../../src/local/run/conflicts.ts";
import { planRun, type RunPlan } from "../../../../src/local/run/plan.ts";
import { parseServiceFlag } from "../../../../src/local/run/service-flag.ts";
import type { Workload } from "../../../../src/model/kinds/workload.ts";
import type { KubeObject } from "../../../../src/model/object.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

function plan(name: string, served: string, version?: string): Promise<RunPlan> {
  const request = {
    name,
    namespace: "default",
    services: [parseServiceFlag(served)],
    upstreams: [],
    labels: {},
    version,
    port: 1,
    drainMs: 1,
    command: ["x"],
  };
  return planRun(request, () => Promise.resolve(1));
}

function workload(name: string, protocol: "http" | "tcp", renewedMs: number): Workload {
  return {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: {
      workload: name,
      serviceAccount: name,
      address: "127.0.0.1",
      services: [{ name: "api", port: 80, protocol, appPort: 1, inboundPort: 2 }],
      upstreams: [],
      leaseDurationSeconds: 8,
    },
    status: { renewTime: new Date(renewedMs).toISOString(), ready: [], phase: "Running", pid: process.pid },
  };
}

function service(name: string, labels?: Record<string, string>): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default", ...(labels ? { labels } : {}) } };
}

const refused =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof UserError && error.exitCode === EXIT.REFUSED && pattern.test(error.message) && Boolean(error.hint);

test("a second live name is refused with its process", async () => {
  const wanted = await plan("api1", "api:80");
  assert.throws(
    () => refuseConflicts(wanted, [workload("api1", "http", now)], [], now),
    refused(new RegExp(`already running.*${process.pid}`)),
  );
});

test("a name whose run is gone says when it will be free", async () => {
  const wanted = await plan("api1", "api:80");
  const dead = workload("api1", "http", now - 3_500);
  const gone = { ...dead, status: { ...dead.status, pid: 2 ** 30, proxyPid: 2 ** 30 + 1 } } as Workload;
  assert.throws(() => refuseConflicts(wanted, [gone], [], now), refused(/its run is gone, its lease ends in 5 s/));
});

test("a name whose lease has ended is free", async () => {
  const lost = workload("api1", "http", now);
  refuseConflicts(await plan("api1", "api:80"), [{ ...lost, status: { ...lost.status, phase: "Lost" } } as Workload], [], now);
  refuseConflicts(await plan("api1", "api:80"), [workload("api1", "http", now - 8_001)], [], now);
});

test("instances of one service must agree on its protocol, while they live", async () => {
  const wanted = await plan("api2", "api:80/tcp");
  assert.throws(() => refuseConflicts(wanted, [workload("api1", "http", now)], [], now), refused(/is tcp here, but api1 runs it as http/));
  refuseConflicts(wanted, [workload("api1", "http", now - 60_000)], [], now);
  refuseConflicts(await plan("api2", "api:81/tcp"), [workload("api1", "http", now)], [], now);
});

test("a Service that someone wrote is never overwritten", async () => {
  assert.throws(
    () => refuseConflicts({ ...awaited, services: awaited.services }, [], [service("api")], now),
    refused(/default\/api that someone wrote/),
  );
  assert.throws(() => refuseConflicts(versioned, [], [service("api-v1")], now), refused(/api-v1/));
  refuseConflicts(versioned, [], [service("api", { "app.kubernetes.io/managed-by": "meshctl" }), service("other")], now);
});

const awaited = await plan("api1", "api:80");
const versioned = await plan("api1", "api:80", "v1");
