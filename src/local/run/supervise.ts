import { createMemoryDir, removeMemoryDir, sweepMemoryDirs } from "../../home/memory-dir.ts";
import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import { Backoff } from "../../lib/backoff.ts";
import type { Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";
import { workloadKind, type Workload } from "../../model/kinds/workload.ts";
import type { Host } from "../host.ts";
import { sidecarLog } from "../log-file.ts";
import { programFile, v8Flags } from "../programs.ts";
import { instanceOf, liveRuns, removeRunRecord, writeRunRecord } from "../run-record.ts";
import { waitUntil, within } from "../wait.ts";
import { App } from "./app.ts";
import { bootstrapOf } from "./bootstrap.ts";
import { refuseConflicts } from "./conflicts.ts";
import { ControllerWatch } from "./controller-watch.ts";
import { isLeftBehind, lastProcessesGone } from "./left-behind.ts";
import { fetchJoinToken, type MeshFacts, readMeshFacts } from "./controller-client.ts";
import { commandEnvironment, type SidecarPorts } from "./environment.ts";
import type { LinePrefix } from "./line-prefix.ts";
import type { RunPlan } from "./plan.ts";
import { accepts, Readiness } from "./readiness.ts";
import { ReadinessTalk } from "./readiness-talk.ts";
import { Registration } from "./registration.ts";
import { Sidecar } from "./sidecar.ts";
import { greeting, noNamespace, portTaken, sidecarNotStarted } from "./talk.ts";
import { upstreamNamespaces, upstreamNotes } from "./upstream-notes.ts";
import { inboundAppPorts, isLive, type LiveState, workloadOf } from "./workload.ts";

/** What a run needs beside its plan. */
export interface RunTools {
  readonly host: Host;
  /** Follows a controller that moves. */
  readonly client: KubeClient;
  /** `https://host:port` of the controller, now. */
  readonly server: string;
  readonly logLevel: Bootstrap["logLevel"];
  /** The command's output, line by line. */
  readonly stdout: LinePrefix;
  readonly stderr: LinePrefix;
  /** Sentences for the user. */
  readonly say: (text: string) => void;
  /** Ctrl-C, SIGTERM and the terminal's end, until the returned function is called. */
  readonly onSignal: (handler: (signal: RunSignal) => void) => () => void;
}

export type RunSignal = "SIGINT" | "SIGTERM" | "SIGHUP";
const SIGNAL_NUMBER: Readonly<Record<RunSignal, number>> = Object.freeze({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 });

/** How long a goodbye may take when the other side does not answer. */
const GOODBYE_MS = 1_500;
const SIDECAR_READY_MS = 3_000;
/** A command that does not answer this long after its start is told of. */
const START_MS = 5_000;
const NAMESPACE_KIND = Object.freeze({ group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false });
const SERVICE_KIND = Object.freeze({ group: "", version: "v1", kind: "Service", plural: "services", namespaced: true });

/**
 * Runs the plan's command beside a sidecar until it ends, and resolves with its exit code (128 + n after
 * signal n). Throws a UserError when it cannot begin. Whatever happens, nothing is left behind.
 */
export async function supervise(plan: RunPlan, tools: RunTools): Promise<number> {
  // Until here nothing has been started: Ctrl-C simply ends it.
  const run = new Run(plan, tools, await prepare(plan, tools));
  const stopListening = tools.onSignal((signal) => run.signal(signal));
  try {
    return await run.toEnd();
  } finally {
    await run.close();
    stopListening();
  }
}

interface Prepared {
  readonly facts: MeshFacts;
  readonly joinToken: string;
  /** Sentences for the user, once the command has been started. */
  readonly notes: readonly string[];
}

/** Refuses what cannot work here and now, and fetches what the sidecar must be told. */
async function prepare(plan: RunPlan, { client, host }: RunTools): Promise<Prepared> {
  const { namespace } = plan;
  const [workloads, services, facts] = await Promise.all([
    client.list<Workload>(workloadKind, { namespace }),
    client.list(SERVICE_KIND, { namespace }),
    readMeshFacts(client),
    client.get(NAMESPACE_KIND, namespace).catch((error: unknown) => {
      throw isNotFound(error) ? noNamespace(namespace) : error;
    }),
  ]);
  const leftBehind = workloads.items.filter((workload) => isLeftBehind(host.layout, workload));
  const others = workloads.items.filter((workload) => !leftBehind.includes(workload));
  refuseConflicts(plan, others, services.items, host.clock.nowMs());
  const former = leftBehind.find(({ metadata }) => metadata.name === plan.name);
  if (former !== undefined && isLive(former, host.clock.nowMs())) await lastProcessesGone(former, host.clock);
  for (const port of inboundAppPorts(plan)) {
    if (await accepts(port, host.clock)) throw portTaken(port);
  }
  const elsewhere = upstreamNamespaces(plan.upstreams).filter((other) => other !== namespace);
  const known = await Promise.all(elsewhere.map((other) => client.list(SERVICE_KIND, { namespace: other })));
  const notes = upstreamNotes(
    plan.upstreams,
    [services, ...known].flatMap(({ items }) => items),
  );
  return { facts, joinToken: await fetchJoinToken(client, plan), notes };
}

class Run {
  readonly #plan: RunPlan;
  readonly #tools: RunTools;
  readonly #prepared: Prepared;
  readonly #startedAt: string;
  #phase: LiveState["phase"] = "Starting";
  #sidecar: Sidecar | null = null;
  #ports: SidecarPorts | null = null;
  #registration: Registration | null = null;
  /** Until then the note under this name may be a killed run's, which the registration looks at. */
  #registered = false;
  #controllerWatch: ControllerWatch | null = null;
  #readiness: Readiness | null = null;
  #readinessTalk: ReadinessTalk | null = null;
  #startLimit: Timer | null = null;
  #app: App | null = null;
  #savedDir: string | null = null;
  #closed = false;
  /** The first signal that asked for the end. */
  #asked: RunSignal | null = null;
  /** Cuts short what is waited for before a signal reaches the command. */
  #hurry: () => void = () => {};

  constructor(plan: RunPlan, tools: RunTools, prepared: Prepared) {
    this.#plan = plan;
    this.#tools = tools;
    this.#prepared = prepared;
    this.#startedAt = new Date(tools.host.clock.nowMs()).toISOString();
  }

  async toEnd(): Promise<number> {
    const ports = await this.#startSidecar();
    if (this.#asked === null) await this.#register(ports);
    if (this.#asked === null) await this.#sidecarReady();
    if (this.#asked !== null) return 128 + SIGNAL_NUMBER[this.#asked];
    const { exitCode, startError } = await this.#startApp(ports).ended;
    if (startError !== null) this.#tools.say(`cannot start ${this.#plan.command[0]}: ${startError}`);
    await this.#leave(GOODBYE_MS);
    return exitCode;
  }

  /** SIGHUP is for the command alone (many reload on it); the others end the run in order, and a second one at once. */
  signal(signal: RunSignal): void {
    if (this.#app !== null && signal !== "SIGHUP" && this.#asked === null) {
      this.#asked = signal;
      const hurried = new Promise<void>((resolve) => {
        this.#hurry = resolve;
      });
      void Promise.race([hurried, this.#app.ended, this.#leave(this.#plan.drainMs)]).then(() => this.#app?.signal(signal));
      return;
    }
    if (this.#app === null) this.#asked = signal;
    this.#hurry();
    this.#app?.signal(signal);
  }

  async close(): Promise<void> {
    const { host, say } = this.#tools;
    this.#closed = true;
    this.#stopProbes();
    this.#controllerWatch?.close();
    const removed = this.#registration?.remove().catch((error: unknown) => {
      say(`could not take this instance off the controller's list (${messageOf(error)}); its lease ends by itself within 8 s`);
    });
    await Promise.all([removed && within(host.clock, 2 * GOODBYE_MS, removed), this.#sidecar?.close(2 * GOODBYE_MS)]);
    if (this.#savedDir !== null) removeMemoryDir(this.#savedDir);
    if (this.#registered) removeRunRecord(host.layout, this.#plan.namespace, this.#plan.name);
  }

  async #startSidecar(): Promise<SidecarPorts> {
    const { client, host, server, logLevel, say } = this.#tools;
    const { namespace, name, instance } = this.#plan;
    const memory = { env: host.env, uid: host.uid, root: host.layout.root };
    sweepMemoryDirs(memory, liveRuns(host.layout).map(instanceOf));
    this.#savedDir = createMemoryDir(memory, instance);
    const logFile = sidecarLog(host.layout, namespace, name);
    const bootstrap = bootstrapOf(this.#plan, { ...this.#prepared, server, savedDir: this.#savedDir, logLevel });
    this.#sidecar = new Sidecar({
      bootstrap,
      freshToken: () => fetchJoinToken(client, this.#plan),
      program: programFile("meshctl-proxy"),
      flags: v8Flags("meshctl-proxy"),
      logFile,
      env: host.env,
      backoff: new Backoff({ initialMs: 200, maxMs: 5_000 }, host.random),
      clock: host.clock,
      changed: () => this.#changed(),
      say,
    });
    this.#controllerWatch = new ControllerWatch({
      layout: host.layout,
      clock: host.clock,
      from: bootstrap.controller,
      moved: (to) => {
        this.#sidecar?.controllerMoved(to);
        if (this.#registered) this.#registration?.controllerMoved();
      },
    });
    try {
      this.#ports = await this.#sidecar.start();
      return this.#ports;
    } catch (error) {
      throw sidecarNotStarted(messageOf(error), logFile);
    }
  }

  async #register(ports: SidecarPorts): Promise<void> {
    const { client, host, say } = this.#tools;
    this.#registration = new Registration({
      client,
      workload: workloadOf(this.#plan, ports),
      clock: host.clock,
      state: () => this.#state(),
      leftBehind: (other) => isLeftBehind(host.layout, other),
      say,
    });
    await this.#registration.create();
    this.#registered = true;
    this.#note();
  }

  /** Many programs call others the moment they start: the sidecar should have its identity by then. It is not waited for at any price. */
  async #sidecarReady(): Promise<void> {
    const settled = (): boolean => this.#sidecar?.phase === "ready" || this.#asked !== null;
    if (await waitUntil(this.#tools.host.clock, settled, { limitMs: SIDECAR_READY_MS, everyMs: 10 })) return;
    this.#tools.say(`${this.#notReadyBecause(false)}; starting the command all the same`);
  }

  #startApp(ports: SidecarPorts): App {
    const { host, stdout, stderr, say } = this.#tools;
    const plan = this.#plan;
    const env = commandEnvironment(host.env, plan, ports);
    const app = new App({ command: plan.command, cwd: host.cwd, env, stdout, stderr, clock: host.clock });
    this.#app = app;
    this.#phase = "Running";
    const probes = inboundAppPorts(plan).map((appPort) => ({ appPort, ...this.#probePath(appPort) }));
    this.#readinessTalk = new ReadinessTalk({
      services: plan.services,
      pathOf: (appPort) => this.#probePath(appPort).path ?? null,
      say,
    });
    this.#readiness = new Readiness(probes, host.clock, () => this.#changed());
    this.#startLimit = host.clock.setTimer(() => this.#readinessTalk?.overdue(), START_MS, { unref: true });
    this.#changed();
    for (const sentence of [...greeting(plan, ports), ...this.#prepared.notes]) say(sentence);
    return app;
  }

  #stopProbes(): void {
    this.#readiness?.close();
    this.#startLimit?.cancel();
  }

  /** --ready-path is asked of the ports that speak HTTP/1: the question is. */
  #probePath(appPort: number): { readonly path?: string } {
    const { readyPath, services } = this.#plan;
    const speaksHttp = services.some((service) => service.appPort === appPort && service.protocol === "http");
    return readyPath !== undefined && speaksHttp ? { path: readyPath } : {};
  }

  /** Callers learn first that this instance goes, then what is under way ends. */
  async #leave(limitMs: number): Promise<void> {
    this.#phase = "Draining";
    this.#stopProbes();
    if (this.#registration !== null) await within(this.#tools.host.clock, GOODBYE_MS, this.#registration.update());
    await this.#sidecar?.drain(limitMs);
  }

  #changed(): void {
    // Whatever ends after the goodbye is no news any more.
    if (this.#registration === null || !this.#registered || this.#closed) return;
    if (this.#phase === "Running") this.#readinessTalk?.look((appPort) => this.#readiness?.isReady(appPort) ?? false);
    void this.#registration.update();
    this.#note();
  }

  #state(): LiveState {
    const { services } = this.#plan;
    const sidecar = this.#sidecar;
    const open = services.filter(({ appPort }) => this.#readiness?.isReady(appPort));
    const takesTraffic = this.#phase === "Running" && sidecar?.phase === "ready";
    return {
      phase: this.#phase,
      ready: takesTraffic ? open.map(({ name, port }) => `${name}:${port}`) : [],
      pid: this.#app?.pid ?? null,
      proxyPid: sidecar?.pid ?? null,
      message: this.#phase === "Draining" ? null : this.#notReadyBecause(open.length < services.length),
    };
  }

  #notReadyBecause(silent: boolean): string | null {
    const { phase, reason } = this.#sidecar ?? { phase: "starting", reason: null };
    if (phase === "down") return `the sidecar is gone: ${reason}`;
    if (phase !== "ready") return `the sidecar is not ready${reason ? `: ${reason}` : ""}`;
    return silent ? "the application does not answer" : null;
  }

  #note(): void {
    const { host } = this.#tools;
    const { namespace, name, command, services, upstreams } = this.#plan;
    const appPorts = inboundAppPorts(this.#plan);
    const ports = this.#ports ?? { inbound: [], upstreams: [], outbound: 0, admin: 0 };
    writeRunRecord(host.layout, {
      pid: host.pid,
      namespace,
      name,
      startedAt: this.#startedAt,
      command,
      appPid: this.#app?.pid ?? null,
      proxyPid: this.#sidecar?.pid ?? null,
      ports: {
        ...Object.fromEntries(
          services.map((service) => [`service ${service.name}:${service.port}`, ports.inbound[appPorts.indexOf(service.appPort)] ?? 0]),
        ),
        ...Object.fromEntries(upstreams.map(({ destination }, index) => [`upstream ${destination}`, ports.upstreams[index] ?? 0])),
        outbound: ports.outbound,
        admin: ports.admin,
      },
    });
  }
}
