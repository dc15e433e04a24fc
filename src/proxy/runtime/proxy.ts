import { createDiscoveryClient } from "../../discovery/client/client.ts";
import type { ConnectionState, DiscoveryClient } from "../../discovery/client/contract.ts";
import { workloadSpiffeId } from "../../identity/spiffe-id.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { VERSION } from "../../lib/version.ts";
import type { Bootstrap, FromProxy } from "../../messages/bootstrap.ts";
import type { ProxyConfig } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { GRPC } from "../../messages/names.ts";
import { parseLogLevel, type RootLogger } from "../../telemetry/log.ts";
import { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import { TrafficMetrics } from "../../telemetry/traffic-metrics.ts";
import { DEFAULT_LIMITS } from "../contract.ts";
import type { Overload } from "../overload/overload.ts";
import type { Subject } from "../workers/messages.ts";
import { TapSender } from "../tap/sender.ts";
import { Tap } from "../tap/tap.ts";
import { SpanSender } from "../trace/span-sender.ts";
import { DEFAULT_TRACES_PER_MILLION, Tracer } from "../trace/tracer.ts";
import { Admin } from "./admin.ts";
import { certificateDump, clustersDump } from "./admin-dumps.ts";
import { discoveryNode, discoveryTls } from "./discovery-identity.ts";
import { ConfigurationSaver } from "./configuration-saver.ts";
import { ClockReport } from "./clock-report.ts";
import { Configuration } from "./configuration.ts";
import { Observers } from "./observers.ts";
import { createOverload, loadReading } from "./create-overload.ts";
import { createOwnIdentity, type OwnIdentity } from "./own-identity.ts";
import { addProxyMetrics } from "./proxy-metrics.ts";
import { onceWithin } from "./once-within.ts";
import { waitForQuiet } from "./quiet.ts";
import { type NotReady, Readiness } from "./readiness.ts";
import { dumpResources } from "./resource-dump.ts";
import { parseConfiguration } from "./saved-configuration.ts";
import { SAVED, savedInDirectory, type SavedState, savedWithSupervisor } from "./saved-state.ts";
import { Reports } from "./reports.ts";
import { Traffic } from "./traffic.ts";

export interface ProxyOptions {
  readonly bootstrap: Bootstrap;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RootLogger;
  /** To the supervisor. */
  tell(message: FromProxy): void;
}

/** Callers that have gone leave this much silence; a caller that never learns is not waited for. */
const QUIET_MS = 300;
const QUIET_LIMIT_MS = 2_000;
/** The last report of a proxy that drains must not hold it up. */
const LAST_REPORT_MS = 500;

/** One sidecar: its identity, its configuration, its traffic, and what they need of each other. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #saved: SavedState;
  readonly #own: OwnIdentity;
  readonly #config: Configuration;
  readonly #saver: ConfigurationSaver;
  readonly #overload: Overload;
  readonly #traffic: Traffic;
  readonly #observers: Observers;
  readonly #tap: Tap;
  readonly #tapSender: TapSender;
  readonly #clockReport: ClockReport;
  readonly #report: Reports;
  readonly #tracing: { readonly tracer: Tracer; readonly spans: SpanSender };
  readonly #admin: Admin;
  readonly #readiness: Readiness;
  readonly #registry = new MetricsRegistry();
  #controller: Bootstrap["controller"];
  #discovery: DiscoveryClient | null = null;
  #discoveryState: ConnectionState = "disconnected";
  #draining = false;
  #ownLeaf = "";

  /** Throws a sentence for the supervisor when the bootstrap cannot be used. */
  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#controller = options.bootstrap.controller;
    const { bootstrap, clock, random, log, tell } = options;
    const { instance, namespace, workload, serviceAccount, trustDomain } = bootstrap;
    this.#saved =
      bootstrap.savedDir === null
        ? savedWithSupervisor(bootstrap.saved ?? {}, (name, base64) => tell({ kind: "save", name, base64 }))
        : savedInDirectory(bootstrap.savedDir, (message) => log.warn(message));
    this.#own = createOwnIdentity({
      bootstrap,
      saved: this.#saved,
      clock,
      random,
      log,
      needToken: () => tell({ kind: "need-token" }),
      controllerHttps: () => this.#controller.https,
    });
    const { identity, check } = this.#own;
    this.#tapSender = new TapSender({ clock, open: (onEnd) => this.#discovery?.openUpStream(GRPC.TAP, onEnd) ?? null });
    this.#clockReport = new ClockReport({
      clock,
      open: (onEnd) => this.#discovery?.openUpStream(GRPC.CLOCK, onEnd) ?? null,
      load: () => loadReading(this.#overload),
    });
    this.#tap = new Tap({ clock, proxy: instance, sender: this.#tapSender, processes: bootstrap.worker?.of ?? 1 });
    const sender = { namespace, workload, instance, version: VERSION };
    this.#report = new Reports({
      clock,
      sender: { ...sender, worker: bootstrap.worker?.index ?? 0 },
      connections: () => this.#traffic.openTcp(),
      open: (onEnd) => this.#discovery?.openUpStream(GRPC.METRICS, onEnd) ?? null,
    });
    const spans = new SpanSender({ clock, source: sender, open: (onEnd) => this.#discovery?.openUpStream(GRPC.SPANS, onEnd) ?? null });
    this.#tracing = { tracer: new Tracer(random), spans };
    this.#observers = new Observers(new TrafficMetrics(this.#registry, undefined, this.#report.deltas), this.#tap, spans, log);
    this.#config = new Configuration({
      clock,
      random,
      instance,
      trustDomain,
      self: Object.freeze({ identity: workloadSpiffeId(trustDomain, { namespace, serviceAccount }), namespace, serviceAccount, workload }),
      endpointsLeft: (states) => this.#traffic.retire(states),
      trustChanged: (trust) => identity.setTrust(trust),
      proxyConfigChanged: (config) => this.#applyProxyConfig(config),
      inboundChanged: () => this.#readiness.update(),
      changed: () => this.#saver.saveSoon(),
    });
    this.#saver = new ConfigurationSaver(clock, this.#config.resources, this.#saved);
    const counted = this.#addMetrics();
    const overload = createOverload(bootstrap, clock, log, this.#registry, () => this.#clockReport.changed());
    this.#overload = overload;
    this.#traffic = new Traffic({
      tracer: this.#tracing.tracer,
      view: this.#config,
      source: identity,
      check,
      observer: this.#observers,
      clock,
      random,
      limits: { ...DEFAULT_LIMITS, maxConnections: overload.limits.maxConnections },
      overload,
      instance,
      captured: bootstrap.captured,
      refused: ({ reason, message, from }) => {
        counted.refused(reason);
        log.debug("inbound connection refused", { reason, message, from });
      },
      meshOpened: counted.meshOpened,
      silent: (service) => {
        counted.silent(service);
        this.#report.silent(service);
      },
    });
    this.#readiness = new Readiness(
      () => this.#notReady(),
      (reason) => this.#tellReadiness(reason),
    );
    this.#admin = this.#createAdmin();
  }

  /** Opens every listener, then asks for identity and configuration. Rejects with a UserError for a port that cannot be had. */
  async start(): Promise<void> {
    const { bootstrap } = this.#options;
    const { identity } = this.#own;
    const late = bootstrap.worker?.late === true;
    if (!late) await this.#open();
    for (const { destination } of bootstrap.upstreams) this.#config.pin(destination);
    this.#config.restore(parseConfiguration(this.#saved.read(SAVED.CONFIGURATION)));
    identity.start();
    this.#discovery = this.#connect();
    this.#config.start(this.#discovery);
    this.#report.start();
    this.#overload.start();
    this.#ownLeaf = identity.credentials()?.serial ?? "";
    identity.onChange(() => this.#identityChanged());
    this.#readiness.update();
    if (late) await this.#readiness.whenReady().then(() => this.#open());
  }

  /** A worker has no admin port of its own: whoever leads it asks it. */
  async #open(): Promise<void> {
    const { bootstrap, tell } = this.#options;
    const ports = await this.#traffic.open(bootstrap);
    const admin = bootstrap.worker === undefined ? await this.#admin.listen(bootstrap.adminPort) : 0;
    tell({ kind: "listening", ...ports, admin });
  }

  /** What its admin port would show. */
  tellOf(about: Subject): string {
    switch (about) {
      case "metrics":
        return this.#registry.expose();
      case "config":
        return dumpResources(this.#config.resources.entries());
      case "clusters":
        return clustersDump(this.#config);
      default:
        return certificateDump(this.#own.identity.credentials());
    }
  }

  /** False: there is no such level. */
  setLogLevel(text: string): boolean {
    const level = parseLogLevel(text);
    if (level !== null) this.#options.log.setLevel(level);
    return level !== null;
  }

  /** The controller is at another address now. */
  controllerMoved(to: Bootstrap["controller"]): void {
    this.#controller = to;
    this.#discovery?.reconnect();
  }

  giveToken(joinToken: string): void {
    this.#own.identity.giveToken(joinToken);
  }

  /** Inbound ends as its calls end, outbound goes on; calls back when nothing inbound is left, or its time is over. */
  drain(done: () => void): void {
    this.#draining = true;
    this.#readiness.update();
    this.#once(this.#reported(done), (finished) => this.#whenQuiet(() => this.#traffic.inbound.drain(finished)));
  }

  /** Everything ends as its calls end; calls back when nothing is left, or the drain limit is reached. */
  shutDown(done: () => void): void {
    this.#stopAccepting();
    this.#once(this.#reported(done), (finished) => this.#whenQuiet(() => this.#drainAll(finished)));
  }

  /**
   * As {@link shutDown} without waiting for callers to learn of it: nobody looks after the application any more,
   * so each answer is its connection's last, and callers go elsewhere at once.
   */
  orphaned(done: () => void): void {
    this.#stopAccepting();
    this.#once(this.#reported(done), (finished) => this.#drainAll(finished));
  }

  #stopAccepting(): void {
    this.#draining = true;
    this.#readiness.update();
    this.#traffic.inbound.stop();
    this.#traffic.outbound.stop();
  }

  #drainAll(finished: () => void): void {
    this.#traffic.inbound.drain(() => this.#traffic.outbound.drain(finished));
  }

  /** Breaks off what is left. */
  close(): void {
    this.#overload.stop();
    this.#traffic.close();
    this.#admin.close();
    this.#tap.close();
    this.#tapSender.close();
    this.#clockReport.stop();
    this.#report.stop();
    this.#tracing.spans.stop();
    this.#saver.close();
    this.#config.close();
    this.#discovery?.close();
    this.#own.identity.close();
  }

  #whenQuiet(then: () => void): void {
    const { clock } = this.#options;
    const ended = (): number => this.#observers.inboundEnded;
    waitForQuiet({ clock, ended, active: () => this.#traffic.inbound.activeCalls, quietMs: QUIET_MS, limitMs: QUIET_LIMIT_MS }, then);
  }

  /** `done`, once the controller knows of what was drained. */
  #reported(done: () => void): () => void {
    return () => this.#report.flush(LAST_REPORT_MS, () => this.#tracing.spans.flush(LAST_REPORT_MS, done));
  }

  /** `begin` under the drain limit; `done` is called once. */
  #once(done: () => void, begin: (finished: () => void) => void): void {
    onceWithin(this.#options.clock, this.#options.bootstrap.drainMs, done, begin);
  }

  #notReady(): NotReady {
    if (this.#draining) return "draining";
    if (this.#own.identity.credentials() === null) return "no-identity";
    const { inbound, captured } = this.#options.bootstrap;
    return (inbound.length > 0 || captured !== undefined) && !this.#config.hasInbound ? "no-config" : null;
  }

  #tellReadiness(reason: NotReady): void {
    const { log, tell } = this.#options;
    log.info(reason === null ? "ready" : `not ready: ${reason}`);
    tell(reason === null ? { kind: "ready" } : { kind: "not-ready", reason });
  }

  #identityChanged(): void {
    const serial = this.#own.identity.credentials()?.serial ?? "";
    // A stream of the old leaf would be ended by the controller when that leaf ends.
    if (serial !== this.#ownLeaf && serial !== "") this.#discovery?.reconnect();
    this.#ownLeaf = serial;
    this.#readiness.update();
  }

  #applyProxyConfig(config: ProxyConfig): void {
    this.#tap.set(config.taps);
    this.#tracing.tracer.setRate(config.tracesPerMillion ?? DEFAULT_TRACES_PER_MILLION);
    this.setLogLevel(config.logLevel || this.#options.bootstrap.logLevel);
    if (config.renewIssuedBeforeUnixMs > 0) this.#own.identity.renewIfIssuedBefore(config.renewIssuedBeforeUnixMs);
    if (config.drain && !this.#draining) this.drain(() => {});
  }

  #connect(): DiscoveryClient {
    const { bootstrap, clock, random, log } = this.#options;
    return createDiscoveryClient({
      clock,
      random,
      address: () => this.#controller.discovery,
      tls: () => discoveryTls(this.#own),
      node: discoveryNode(bootstrap),
      apply: (update) => this.#config.apply(update),
      onState: (state, detail) => {
        this.#discoveryState = state;
        if (state === "connected") this.#clockReport.start();
        else this.#clockReport.stop();
        log.info(`discovery ${state}`, detail === "" ? undefined : { detail });
      },
    });
  }

  #addMetrics(): ReturnType<typeof addProxyMetrics> {
    return addProxyMetrics(this.#registry, {
      startedUnixMs: this.#options.clock.nowMs(),
      openInbound: () => this.#traffic.inbound.openConnections,
      openOutbound: () => this.#traffic.outbound.openConnections,
      openMesh: () => this.#traffic.meshConnections,
      destinations: () => this.#config.destinations.length,
      tapDropped: () => this.#tapSender.dropped,
      reportDropped: () => this.#report.dropped,
      ...this.#tracing,
      connected: () => this.#discoveryState === "connected",
      certificateEndsUnixMs: () => this.#own.identity.credentials()?.notAfterMs ?? 0,
    });
  }

  #createAdmin(): Admin {
    return new Admin({
      notReady: () => this.#notReady(),
      metrics: () => this.tellOf("metrics"),
      config: () => this.tellOf("config"),
      clusters: () => this.tellOf("clusters"),
      certificate: () => this.tellOf("certificate"),
      drain: () => this.drain(() => {}),
      logLevel: () => this.#options.log.level,
      setLogLevel: (level) => this.setLogLevel(level),
    });
  }
}
