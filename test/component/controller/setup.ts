/** A controller as a process of its own in a state directory of its own, and proxies that are only their discovery client. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { fileURLToPath } from "node:url";
import { API, type CertificateResponse, type JoinTokenResponse } from "../../../src/api/contract.ts";
import { createDiscoveryClient } from "../../../src/discovery/client/client.ts";
import type { DiscoveryClient, ResourceUpdate } from "../../../src/discovery/client/contract.ts";
import { type ControllerRecord, readControllerRecord } from "../../../src/home/controller-file.ts";
import { type HomeLayout, homeLayout } from "../../../src/home/layout.ts";
import { createCsr } from "../../../src/identity/csr.ts";
import { formatPrivateKey, generatePrivateKey } from "../../../src/identity/keys.ts";
import { createKubeClient } from "../../../src/kube/client.ts";
import type { KindRef, KubeClient } from "../../../src/kube/contract.ts";
import { kindRefOf } from "../../../src/kube/kind-ref.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import { systemRandom } from "../../../src/lib/random.ts";
import { GRPC, TYPE_URL } from "../../../src/messages/names.ts";
import type { KubeObject } from "../../../src/model/object.ts";
import { allKinds } from "../../../src/policies/kinds.ts";
import { ClockReport } from "../../../src/proxy/runtime/clock-report.ts";

const PROGRAM = fileURLToPath(new URL("./meshctl-controller.ts", import.meta.url));

export function temporaryHome(): { layout: HomeLayout; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "meshctl-controller-"));
  return { layout: homeLayout(root), remove: () => rmSync(root, { recursive: true, force: true }) };
}

export interface ControllerProcess {
  readonly child: ChildProcess;
  readonly record: ControllerRecord;
  readonly client: KubeClient;
  readonly token: string;
  readonly caPem: string;
  output(): string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts it and waits until it has said where it is. */
export async function startProcess(layout: HomeLayout, env: Readonly<Record<string, string>> = {}): Promise<ControllerProcess> {
  const { child, output } = spawnProcess(layout, env);
  await until(
    () => child.exitCode !== null || readControllerRecord(layout)?.pid === child.pid,
    () => `a healthy controller: ${output()}`,
    20_000,
  );
  const record = readControllerRecord(layout);
  if (child.exitCode !== null || record === null) throw new Error(`the controller ended: ${output()}`);
  const token = readFileSync(layout.adminTokenFile, "utf8").trim();
  const caPem = readFileSync(join(layout.caDir, "root.pem"), "utf8");
  const client = createKubeClient({ server: `https://127.0.0.1:${record.httpsPort}`, caPem, token });
  return {
    child,
    record,
    client,
    token,
    caPem,
    output,
    async kill(signal) {
      await client.close();
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      await once(child, "exit");
      return child.exitCode;
    },
  };
}

export function spawnProcess(layout: HomeLayout, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM], {
    env: { PATH: process.env.PATH, MESHCTL_HOME: layout.root, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

export function kind(name: string): KindRef {
  const found = allKinds().all.find((candidate) => candidate.kind === name);
  if (found === undefined) throw new Error(name);
  return kindRefOf(found);
}

export function workloadObject(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: "meshctl.dev/v1alpha1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: { workload: name, serviceAccount: name, services: [], ...spec },
  };
}

/** Says that an instance lives, and which of its ports are ready. */
export async function renew(client: KubeClient, name: string, ready: readonly string[], more: object = {}): Promise<void> {
  const status = { renewTime: new Date().toISOString(), ready, phase: "Running", ...more };
  await client.patch(kind("Workload"), name, "default", { status }, { subresource: "status" });
}

export interface FakeProxyOptions {
  /** Instance it says it is; its own when absent. */
  readonly claims?: string;
  readonly features?: readonly string[];
  /** What it takes for the time. */
  readonly clock?: Clock;
}

/** A sidecar reduced to its certificate, its clock and discovery. Holds what it got by `type name`. */
export async function fakeProxy(controller: ControllerProcess, instance: string, more: FakeProxyOptions = {}) {
  const { claims = `default/${instance}`, features = ["meshctl/h1", "meshctl/tcp"], clock = systemClock } = more;
  const identity = `spiffe://cluster.local/ns/default/sa/${instance}`;
  const id = `default/${instance}`;
  const join = await controller.client.request<JoinTokenResponse>("POST", API.JOIN_TOKENS, {
    namespace: "default",
    serviceAccount: instance,
    instance: id,
  });
  const key = await generatePrivateKey();
  const anonymous = createKubeClient({
    server: `https://127.0.0.1:${controller.record.httpsPort}`,
    caPem: controller.caPem,
    token: join.token,
  });
  const certificate = await anonymous.request<CertificateResponse>("POST", API.CERTIFICATES, {
    csr: createCsr(key, identity),
    instance: id,
  });
  await anonymous.close();
  const held = new Map<string, Uint8Array>();
  const removed: string[] = [];
  const states: string[] = [];
  const short = (typeUrl: string) => Object.entries(TYPE_URL).find(([, url]) => url === typeUrl)?.[0] ?? typeUrl;
  let refuse: (name: string) => string | null = () => null;
  const clockReport = new ClockReport({
    clock,
    open: (onEnd) => client.openUpStream(GRPC.CLOCK, onEnd),
    load: () => ({ state: 0, why: "", refusedRequests: 0, refusedConnections: 0 }),
  });
  const client: DiscoveryClient = createDiscoveryClient({
    address: () => `127.0.0.1:${controller.record.discoveryPort}`,
    tls: () => ({
      secureContext: createSecureContext({
        key: formatPrivateKey(key),
        cert: certificate.chain,
        ca: certificate.trustBundle,
        minVersion: "TLSv1.3",
      }),
      verifyServer: () => undefined,
    }),
    node: { id: claims, cluster: claims, version: "0.1.0", features },
    clock: systemClock,
    random: systemRandom,
    onState(state, detail) {
      states.push(detail ? `${state}: ${detail}` : state);
      if (state === "connected") clockReport.start();
      else clockReport.stop();
    },
    apply(update: ResourceUpdate) {
      const refused = [];
      for (const { name, bytes } of update.resources) {
        const message = refuse(name);
        if (message === null) held.set(`${short(update.typeUrl)} ${name}`, bytes);
        else refused.push({ name, message });
      }
      for (const name of update.removed) {
        held.delete(`${short(update.typeUrl)} ${name}`);
        removed.push(`${short(update.typeUrl)} ${name}`);
      }
      return refused;
    },
  });
  return {
    id,
    client,
    held,
    removed,
    states,
    set refuse(next: (name: string) => string | null) {
      refuse = next;
    },
  };
}

/** Waits for a condition; fails at the deadline, saying what for. Returns the milliseconds it took. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  deadlineMs = 5_000,
): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - start;
}
