import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type AppProbe, formatAppProbes } from "../../../../src/messages/app-probes.ts";
import { POD_ENV, POD_PATHS } from "../../../../src/messages/pod-names.ts";
import { until } from "../sides.ts";
import { TestController } from "./controller.ts";

const PROGRAM = fileURLToPath(new URL("../../../../src/main/proxy.ts", import.meta.url));
const NODE = ["--import", "tsx", PROGRAM];
const START_MS = 60_000;

interface Pod {
  readonly env: Record<string, string>;
  readonly pid: number;
  output(): string;
  readonly exit: Promise<number | null>;
  /** The health port. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** A hook of the pod, in a process of its own. */
  hook(...words: string[]): Promise<number | null>;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The sidecar as a pod starts it: its command, its environment, its volumes. */
async function startPod(t: TestContext, extra: Readonly<Record<string, string>> = {}): Promise<Pod> {
  const controller = new TestController(3_600_000);
  controller.inbound("shop/web-7d9", []);
  await controller.open();
  t.after(() => controller.close());
  const root = mkdtempSync(join(tmpdir(), "meshctl-pod-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of [
    [POD_PATHS.TOKEN_FILE, "good-pod-token\n"],
    [POD_PATHS.TRUST_FILE, controller.mesh.rootPem],
  ] as const) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const [admin = 0, health = 0, outbound = 0, inbound = 0] = await freePorts(4);
  const env = {
    PATH: process.env.PATH ?? "",
    [POD_ENV.NAME]: "web-7d9",
    [POD_ENV.NAMESPACE]: "shop",
    [POD_ENV.IP]: "127.0.0.1",
    [POD_ENV.SERVICE_ACCOUNT]: "web",
    [POD_ENV.WORKLOAD]: "deployment/web",
    [POD_ENV.DISCOVERY]: `127.0.0.1:${controller.discoveryPort}`,
    [POD_ENV.CERTIFICATES]: `127.0.0.1:${controller.httpsPort}`,
    [POD_ENV.DRAIN]: "5",
    [POD_ENV.ROOT]: root,
    [POD_ENV.ADMIN_PORT]: String(admin),
    [POD_ENV.HEALTH_PORT]: String(health),
    [POD_ENV.OUTBOUND_PORT]: String(outbound),
    [POD_ENV.INBOUND_PORT]: String(inbound),
    ...extra,
  };
  const child = spawn(process.execPath, [...NODE, "pod"], { env, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return {
    env,
    pid: child.pid ?? 0,
    output: () => output,
    exit: new Promise((resolve) => child.once("exit", (code) => resolve(code))),
    async ask(path) {
      const answer = await fetch(`http://127.0.0.1:${health}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
    hook: (...words) => {
      const hook = spawn(process.execPath, [...NODE, ...words], { env, stdio: "ignore" });
      t.after(() => hook.kill("SIGKILL"));
      return new Promise((resolve) => hook.once("exit", (code) => resolve(code)));
    },
  };
}

describe("the sidecar of a pod", () => {
  for (const concurrency of ["1", "2"]) {
    it(`holds others back until it is ready, answers the kubelet, drains, ends (${concurrency} processes)`, async (t) => {
      const asked: string[] = [];
      const app = createHttp((request, response) => {
        asked.push(request.url ?? "");
        response.writeHead(request.url === "/sick" ? 500 : 200).end("the application");
      });
      await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
      t.after(() => app.close());
      const check = (path: string): AppProbe["check"] => ({
        kind: "http",
        port: (app.address() as AddressInfo).port,
        path,
        tls: false,
        headers: [],
      });
      const probes: AppProbe[] = [
        { at: "/app-probes/app/readiness", purpose: "readiness", timeoutMs: 20_000, check: check("/well") },
        { at: "/app-probes/app/liveness", purpose: "liveness", timeoutMs: 20_000, check: check("/sick") },
        { at: "/app-probes/app/pre-stop", purpose: "pre-stop", timeoutMs: 20_000, check: check("/bye") },
      ];
      const pod = await startPod(t, { [POD_ENV.APP_PROBES]: formatAppProbes(probes), [POD_ENV.CONCURRENCY]: concurrency });
      assert.equal(await pod.hook("wait"), 0, pod.output());
      assert.deepEqual(await pod.ask("/readyz"), { status: 200, text: "ok\n" });
      assert.deepEqual(await pod.ask("/app-probes/app/readiness"), { status: 200, text: "the application" });
      assert.equal((await pod.ask("/app-probes/app/liveness")).status, 500);
      assert.match((await pod.ask("/metrics")).text, /^meshctl_inbound_connections/m);
      assert.ok(!pod.output().includes("good-pod-token"), "its log holds no secret");
      assert.equal(await pod.hook("drain", "--wait"), 0);
      assert.deepEqual(await pod.ask("/readyz"), { status: 503, text: "draining\n" });
      assert.equal((await pod.ask("/app-probes/app/pre-stop")).status, 200, "the application is told while the sidecar drains");
      assert.deepEqual(asked, ["/well", "/sick", "/bye"]);
      process.kill(pod.pid, "SIGTERM");
      assert.equal(await pod.exit, 0, pod.output());
    });
  }

  it("begins to drain at once and lets the hook end; SIGTERM ends it", async (t) => {
    const pod = await startPod(t);
    await until("it is ready", () => pod.output().includes('"ready"'), START_MS);
    assert.equal(await pod.hook("drain"), 0);
    assert.equal((await pod.ask("/readyz")).status, 503);
    process.kill(pod.pid, "SIGTERM");
    assert.equal(await pod.exit, 0);
  });

  it("says which variable is wrong", async () => {
    const run = (env: Record<string, string>, ...words: string[]) =>
      spawnSync(process.execPath, [...NODE, ...words], { env: { PATH: process.env.PATH ?? "", ...env }, encoding: "utf8" });
    const whole = {
      [POD_ENV.NAME]: "p",
      [POD_ENV.NAMESPACE]: "n",
      [POD_ENV.IP]: "127.0.0.1",
      [POD_ENV.SERVICE_ACCOUNT]: "s",
      [POD_ENV.DISCOVERY]: "a:1",
      [POD_ENV.CERTIFICATES]: "a:2",
    };
    for (const [env, message] of [
      [{}, /MESHCTL_POD_NAME is not set/],
      [{ ...whole, [POD_ENV.IP]: "here" }, /MESHCTL_POD_IP: "here" is no address/],
      [{ ...whole, [POD_ENV.DRAIN]: "1m" }, /MESHCTL_DRAIN_SECONDS: "1m" is not a whole number/],
      [{ ...whole, [POD_ENV.APP_PROBES]: "[1]" }, /MESHCTL_APP_PROBES: probe 0 is not one/],
    ] as const) {
      const { status, stderr } = run(env, "pod");
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
    }
    assert.equal(run({}, "dance").status, 2);
    const { status, stderr } = run({ [POD_ENV.ADMIN_PORT]: String((await freePorts(1))[0]) }, "drain");
    assert.equal(status, 1);
    assert.match(stderr, /the sidecar cannot be drained: .*ECONNREFUSED/);
  });
});
