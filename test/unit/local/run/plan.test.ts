import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT, UserError } from "../../../../src/lib/errors.ts";
import { commandEnvironment } from "../../../../src/local/run/environment.ts";
import { planRun, type RunRequest } from "../../../../src/local/run/plan.ts";
import { parseServiceFlag, parseUpstreamFlag } from "../../../../src/local/run/service-flag.ts";
import { inboundAppPorts, isLive, statusPatch, workloadOf } from "../../../../src/local/run/workload.ts";
import { workloadSchema } from "../../../../src/model/kinds/workload.ts";

const request = (change: Partial<RunRequest> = {}): RunRequest => ({
  name: "api1",
  namespace: "default",
  services: [],
  upstreams: [],
  labels: {},
  drainMs: 30_000,
  command: ["node", "api.js"],
  ...change,
});
const services = (...texts: string[]): Pick<RunRequest, "services"> => ({ services: texts.map(parseServiceFlag) });
const upstreams = (...texts: string[]): Pick<RunRequest, "upstreams"> => ({ upstreams: texts.map(parseUpstreamFlag) });
const noPort = (): Promise<number> => Promise.reject(new Error("no port was to be picked"));

test("the name is the service account unless it is given, and PORT is the application's", async () => {
  const plan = await planRun(request({ ...services("api:80"), port: 8081 }), noPort);
  assert.equal(plan.serviceAccount, "api1");
  assert.equal(plan.instance, "default/api1");
  assert.equal(plan.port, 8081);
  assert.deepEqual(plan.services, [{ name: "api", port: 80, protocol: "http", appPort: 8081 }]);
  assert.equal((await planRun(request({ serviceAccount: "shared" }), noPort)).serviceAccount, "shared");
});

test("--port 0 picks one port for every service that names none", async () => {
  let picked = 0;
  const plan = await planRun(request({ ...services("api:80", "admin:81", "metrics:82=9000"), port: 0 }), () => {
    picked += 1;
    return Promise.resolve(40_001);
  });
  assert.equal(picked, 1);
  assert.deepEqual(
    plan.services.map(({ appPort }) => appPort),
    [40_001, 40_001, 9000],
  );
  assert.equal(plan.port, 40_001);
  assert.deepEqual(inboundAppPorts(plan), [40_001, 9000]);
});

test("a command that serves nothing may still be told a port", async () => {
  assert.equal((await planRun(request({ port: 80 }), noPort)).port, 80);
  assert.equal((await planRun(request(), noPort)).port, null);
});

const refused: readonly [string, Partial<RunRequest>, RegExp][] = [
  ["no command", { command: [] }, /no command/],
  ["a name that is no label", { name: "Api_1" }, /workload name/],
  ["a namespace that is no label", { namespace: "a b" }, /namespace/],
  ["a version that is no label", { version: "1.0" }, /version/],
  ["a service without a port of the application", services("api:80"), /which port the application listens on/],
  ["the same service twice", { ...services("api:80=1", "api:80=2") }, /twice/],
  ["one port with two protocols", { ...services("api:80=1", "raw:81=1/tcp") }, /both http and tcp/],
  ["two upstreams with one variable", upstreams("a-b:80", "a.b:80"), /MESHCTL_UPSTREAM_A_B_80/],
  ["an upstream on the application's port", { ...services("api:80=8081"), ...upstreams("db:1=8081") }, /8081 is already given/],
  ["two upstreams on one port", upstreams("a:80=9000", "b:80=9000"), /9000 is already given/],
  ["a label of the mesh's own", { labels: { "meshctl.dev/service": "x" } }, /meshctl\.dev/],
  ["a label value with blanks", { labels: { team: "a b" } }, /label value/],
  ["a relative ready path", { ...services("api:80=1"), readyPath: "healthz" }, /begin with/],
  ["a ready path without HTTP", { ...services("db:80=1/tcp"), readyPath: "/healthz" }, /--ready-path/],
  ["a ready path that nothing would answer", { ...services("calls:80=1/grpc"), readyPath: "/healthz" }, /--ready-path/],
];
for (const [what, change, message] of refused) {
  test(`${what} is refused as usage`, () =>
    assert.rejects(
      planRun(request(change), noPort),
      (error) => error instanceof UserError && error.exitCode === EXIT.USAGE && message.test(error.message),
    ));
}

const ports = { inbound: [41_000], upstreams: [42_000, 42_001], outbound: 43_000, admin: 44_000 };

test("the command is told where to listen and whom to call", async () => {
  const plan = await planRun(
    request({ ...services("api:80"), port: 8081, version: "v1", ...upstreams("db:5432", "cache.shop:6379") }),
    noPort,
  );
  const env = commandEnvironment({ HOME: "/home/me", no_proxy: "example.com,localhost", PORT: "1" }, plan, ports);
  assert.deepEqual(env, {
    HOME: "/home/me",
    PORT: "8081",
    MESHCTL_NAMESPACE: "default",
    MESHCTL_WORKLOAD: "api1",
    MESHCTL_VERSION: "v1",
    MESHCTL_UPSTREAM_DB_5432: "127.0.0.1:42000",
    MESHCTL_UPSTREAM_CACHE_SHOP_6379: "127.0.0.1:42001",
    http_proxy: "http://127.0.0.1:43000",
    HTTP_PROXY: "http://127.0.0.1:43000",
    no_proxy: "localhost,127.0.0.1,::1,example.com",
    NO_PROXY: "localhost,127.0.0.1,::1,example.com",
  });
});

test("the Workload carries the sidecar's ports and passes its own schema", async () => {
  const plan = await planRun(
    request({ ...services("api:80", "api:81=8081"), port: 8081, version: "v1", labels: { team: "store" }, ...upstreams("db:5432") }),
    noPort,
  );
  const workload = workloadOf(plan, ports);
  assert.deepEqual(workload.metadata, { name: "api1", namespace: "default", labels: { team: "store", "meshctl.dev/workload": "api1" } });
  assert.deepEqual(
    workload.spec?.services.map(({ port, appPort, inboundPort }) => [port, appPort, inboundPort]),
    [
      [80, 8081, 41_000],
      [81, 8081, 41_000],
    ],
  );
  assert.deepEqual(workload.spec?.upstreams, [{ destination: "default/db:5432", localPort: 42_000 }]);
  workloadSchema.parse({ spec: workload.spec });
});

test("a lease counts from its last renewal, and from creation before the first", () => {
  const at = (status: object | undefined, nowMs: number): boolean =>
    isLive(
      {
        apiVersion: "meshctl.dev/v1alpha1",
        kind: "Workload",
        metadata: { name: "a", creationTimestamp: "2026-01-01T00:00:00Z" },
        status,
      } as never,
      nowMs,
    );
  const created = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(at(undefined, created + 8_000), true);
  assert.equal(at(undefined, created + 8_001), false);
  assert.equal(at({ renewTime: "2026-01-01T00:01:00Z" }, created + 68_000), true);
  assert.equal(at({ renewTime: "2026-01-01T00:01:00Z" }, created + 68_001), false);
});

test("a status takes away what an earlier one said", () => {
  const patch = statusPatch({ phase: "Running", ready: ["api:80"], pid: 1, proxyPid: 2, message: null }, 0) as { status: object };
  assert.deepEqual(patch.status, {
    renewTime: "1970-01-01T00:00:00.000Z",
    ready: ["api:80"],
    phase: "Running",
    pid: 1,
    proxyPid: 2,
    message: null,
  });
});
