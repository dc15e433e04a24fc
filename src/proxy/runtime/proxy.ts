import { createSecureContext } from "node:tls";
import { workloadSpiffeId } from "../../identity/spiffe-id.ts";
import { createDiscoveryClient } from "../../discovery/client/client.ts";
import type { ClientTls, ConnectionState, DiscoveryClient } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import { VERSION } from "../../lib/version.ts";
import { Wheel } from "../../lib/wheel.ts";
import type { Bootstrap, FromProxy } from "../../messages/bootstrap.ts";
import type { ProxyConfig } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN, GRPC } from "../../messages/names.ts";
import { parseLogLevel, type RootLogger } from "../../telemetry/log.ts";
import { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import { TrafficMetrics } from "../../telemetry/traffic-metrics.ts";
import { DEFAULT_LIMITS } from "../contract.ts";
import { RequestIds } from "../http1/request-ids.ts";
import type { Engine } from "../http1/server-side.ts";
import { InboundHttp } from "../inbound/inbound-http.ts";
import { OutboundHttp } from "../outbound/outbound-http.ts";
import { InboundTcp } from "../tcp/inbound.ts";
import { OutboundTcp } from "../tcp/outbound.ts";
import { TapSender } from "../tap/sender.ts";
import { Tap } from "../tap/tap.ts";
import { MeshDialer } from "../tls/dialer.ts";
import { MeshConnections } from "../tls/mesh-connections.ts";
import { createPeerCheck } from "../tls/peer.ts";
import { Admin } from "./admin.ts";
import { certificateDump, clustersDump } from "./admin-dumps.ts";
import { Configuration } from "./configuration.ts";
import { createControllerCheck } from "./controller-check.ts";
import { ProxyIdentity } from "./identity.ts";
import { InboundListeners } from "./inbound-listeners.ts";
import { issueLeaf } from "./issue.ts";
import { Observers } from "./observers.ts";
import { OutboundListeners } from "./outbound-listeners.ts";
import { addProxyMetrics } from "./proxy-metrics.ts";
import { type NotReady, Readiness } from "./readiness.ts";
import { dumpResources } from "./resource-dump.ts";
import { waitForQuiet } from "./quiet.ts";
import { formatConfiguration, parseConfiguration } from "./saved-configuration.ts";
import { formatIdentity, parseIdentity } from "./saved-identity.ts";
import { SAVED, savedInDirectory, type SavedState, savedWithSupervisor } from "./saved-state.ts";
import { bootstrapTrust } from "./trust.ts";

export interface ProxyOptions {
  readonly bootstrap: Bootstrap;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RootLogger;
  /** To the supervisor. */
  tell(message: FromProxy): void;
}

/** A burst of changes is saved once. */
const SAVE_MS = 250;
/** Callers that have gone leave this much silence; a caller that never learns is not waited for. */
const QUIET_MS = 300;
const QUIET_LIMIT_MS = 2_000;

/** One sidecar: its listeners, its identity, its configuration, and what they need of each other. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #saved: SavedState;
  readonly #identity: ProxyIdentity;
  readonly #config: Configuration;
  readonly #connections: MeshConnections;
  readonly #inbound: InboundListeners;
  readonly #outbound: OutboundListeners;
  readonly #outboundHttp: OutboundHttp;
  readonly #inboundHttp: InboundHttp;
  readonly #tcp: { readonly inbound: InboundTcp; readonly outbound: OutboundTcp };
  readonly #observers: Observers;
  readonly #tap: Tap;
  readonly #tapSender: TapSender;
  readonly #admin: Admin;
  readonly #readiness: Readiness;
  readonly #registry = new MetricsRegistry();
  readonly #verifyServer: ClientTls["verifyServer"];
  #discovery: DiscoveryClient | null = null;
  #discoveryState: ConnectionState = "disconnected";
  #saveTimer: Timer | null = null;
  #draining = false;
  #ownLeaf = "";
  #trustBundlePem: string;

  /** Throws a sentence for the supervisor when the bootstrap cannot be used. */
  constructor(options: ProxyOptions) {
    this.#options = options;
    const { bootstrap, clock, random, log, tell } = options;
    const { instance, namespace, workload, serviceAccount, trustDomain } = bootstrap;
    const identity = workloadSpiffeId(trustDomain, { namespace, serviceAccount });
    this.#saved =
      bootstrap.savedDir === null
        ? savedWithSupervisor(bootstrap.saved ?? {}, (name, base64) => tell({ kind: "save", name, base64 }))
        : savedInDirectory(bootstrap.savedDir, (message) => log.warn(message));
    const kept = parseIdentity(this.#saved.read(SAVED.IDENTITY), { identity, trustDomain, nowMs: clock.nowMs() });
    this.#trustBundlePem = kept?.trustBundlePem ?? bootstrap.trustBundle;

    this.#identity = new ProxyIdentity({
      clock,
      random,
      trust: bootstrapTrust(trustDomain, this.#trustBundlePem),
      credentials: kept?.credentials ?? null,
      joinToken: bootstrap.joinToken,
      needToken: () => tell({ kind: "need-token" }),
      log: (level, message) => log[level](message),
      issued: (credentials, trustBundlePem) => {
        this.#trustBundlePem = trustBundlePem;
        this.#saved.write(SAVED.IDENTITY, formatIdentity(credentials, trustBundlePem));
      },
      issue: (proof) =>
        issueLeaf({
          identity,
          trustDomain,
          instance,
          ttlSeconds: bootstrap.leafTtlSeconds,
          trust: this.#identity.trust(),
          nowMs: clock.nowMs(),
          call: { server: bootstrap.controller.https, verifyServer: this.#verifyServer, proof },
        }),
    });
    const check = createPeerCheck(this.#identity);
    this.#verifyServer = createControllerCheck(check, trustDomain, clock);
    this.#connections = new MeshConnections(this.#identity, check, clock);

    this.#tapSender = new TapSender({ clock, open: (onEnd) => this.#discovery?.openUpStream(GRPC.TAP, onEnd) ?? null });
    this.#tap = new Tap({ clock, proxy: instance, sender: this.#tapSender });
    this.#observers = new Observers(new TrafficMetrics(this.#registry), this.#tap, log);
    const observer = this.#observers;

    this.#config = new Configuration({
      clock,
      random,
      instance,
      trustDomain,
      self: Object.freeze({ identity, namespace, serviceAccount, workload }),
      endpointsLeft: (states) => this.#outboundHttp.retire(states),
      trustChanged: (trust) => this.#identity.setTrust(trust),
      proxyConfigChanged: (config) => this.#applyProxyConfig(config),
      inboundChanged: () => this.#readiness.update(),
      changed: () => this.#saveSoon(),
    });
    const limits = DEFAULT_LIMITS;
    const dialer = new MeshDialer({
      source: this.#identity,
      check,
      connections: this.#connections,
      clock,
      connectTimeoutMs: limits.connectTimeoutMs,
    });
    const engine: Engine = { clock, wheel: new Wheel(clock), random, limits, observer, requestIds: new RequestIds(random) };
    const view = this.#config;
    this.#tcp = {
      inbound: new InboundTcp({ config: view, observer, clock, random, limits }),
      outbound: new OutboundTcp({ config: view, dialer, observer, clock, random, limits }),
    };
    this.#inboundHttp = new InboundHttp({ engine, view, dialer });
    this.#outboundHttp = new OutboundHttp({
      engine,
      view,
      dialer,
      opaque: (transport, destination) => this.#outbound.tunnel(transport, destination),
    });
    const refused = addProxyMetrics(this.#registry, {
      startedUnixMs: clock.nowMs(),
      openInbound: () => this.#inbound.openConnections,
      openOutbound: () => this.#outbound.openConnections,
      openMesh: () => this.#connections.size,
      destinations: () => this.#config.destinations.length,
      tapDropped: () => this.#tapSender.dropped,
      connected: () => this.#discoveryState === "connected",
      certificateEndsUnixMs: () => this.#identity.credentials()?.notAfterMs ?? 0,
    });
    this.#inbound = new InboundListeners({
      config: view,
      source: this.#identity,
      check,
      connections: this.#connections,
      http: this.#inboundHttp,
      tcp: this.#tcp.inbound,
      observer,
      clock,
      limits,
      refused: ({ reason, message, from }) => {
        refused(reason);
        log.debug("inbound connection refused", { reason, message, from });
      },
    });
    this.#outbound = new OutboundListeners({ config: view, http: this.#outboundHttp, tcp: this.#tcp.outbound, clock, limits });
    this.#readiness = new Readiness(
      () => this.#notReady(),
      (reason) => this.#tellReadiness(reason),
    );
    this.#admin = new Admin({
      notReady: () => this.#notReady(),
      metrics: () => this.#registry.expose(),
      config: () => dumpResources(this.#config.resources.entries()),
      clusters: () => clustersDump(this.#config),
      certificate: () => certificateDump(this.#identity.credentials()),
      drain: () => this.drain(() => {}),
      logLevel: () => log.level,
      setLogLevel: (level) => this.#setLogLevel(level),
    });
  }

  /** Opens every listener, then asks for identity and configuration. Rejects with a UserError for a port that cannot be had. */
  async start(): Promise<void> {
    const { bootstrap, clock, random, log, tell } = this.#options;
    const inbound = await this.#inbound.open(bootstrap.inbound);
    const upstreams = await this.#outbound.openUpstreams(bootstrap.upstreams);
    const outbound = await this.#outbound.openProxy(bootstrap.outboundPort);
    const admin = await this.#admin.listen(bootstrap.adminPort);
    tell({ kind: "listening", inbound, upstreams, outbound, admin });
    for (const { destination } of bootstrap.upstreams) this.#config.pin(destination);
    this.#config.restore(parseConfiguration(this.#saved.read(SAVED.CONFIGURATION)));
    this.#identity.start();
    this.#discovery = createDiscoveryClient({
      clock,
      random,
      address: () => bootstrap.controller.discovery,
      tls: () => this.#discoveryTls(),
      node: {
        id: bootstrap.instance,
        cluster: `${bootstrap.namespace}/${bootstrap.workload}`,
        version: VERSION,
        features: [ALPN.H1, ALPN.TCP],
      },
      apply: (update) => this.#config.apply(update),
      onState: (state, detail) => {
        this.#discoveryState = state;
        log.info(`discovery ${state}`, detail === "" ? undefined : { detail });
      },
    });
    this.#config.start(this.#discovery);
    this.#ownLeaf = this.#identity.credentials()?.serial ?? "";
    this.#identity.onChange(() => this.#identityChanged());
    this.#readiness.update();
  }

  giveToken(joinToken: string): void {
    this.#identity.giveToken(joinToken);
  }

  /** Inbound ends as its calls end, outbound goes on; calls back when nothing inbound is left, or its time is over. */
  drain(done: () => void): void {
    this.#draining = true;
    this.#readiness.update();
    this.#once(done, (finished) => this.#whenQuiet(() => this.#inbound.drain(finished)));
  }

  /** Everything ends as its calls end; calls back when nothing is left, or the drain limit is reached. */
  shutDown(done: () => void): void {
    this.#draining = true;
    this.#readiness.update();
    this.#inbound.stop();
    this.#outbound.stop();
    this.#once(done, (finished) => {
      this.#whenQuiet(() => this.#inbound.drain(() => this.#outbound.drain(finished)));
    });
  }

  /** Breaks off what is left. */
  close(): void {
    this.#tcp.inbound.connections.abort();
    this.#tcp.outbound.connections.abort();
    this.#inbound.close();
    this.#outbound.stop();
    this.#inboundHttp.close();
    this.#outboundHttp.close();
    this.#admin.close();
    this.#tap.close();
    this.#tapSender.close();
    this.#config.close();
    this.#discovery?.close();
    this.#connections.close();
    this.#identity.close();
    this.#saveTimer?.cancel();
  }

  #whenQuiet(then: () => void): void {
    const { clock } = this.#options;
    const ended = (): number => this.#observers.inboundEnded;
    waitForQuiet({ clock, ended, active: () => this.#inbound.activeCalls, quietMs: QUIET_MS, limitMs: QUIET_LIMIT_MS }, then);
  }

  /** `begin` under the drain limit; `done` is called once. */
  #once(done: () => void, begin: (finished: () => void) => void): void {
    const { clock, bootstrap } = this.#options;
    let over = false;
    const finish = (): void => {
      if (over) return;
      over = true;
      limit.cancel();
      done();
    };
    const limit = clock.setTimer(finish, bootstrap.drainMs);
    begin(finish);
  }

  #notReady(): NotReady {
    if (this.#draining) return "draining";
    if (this.#identity.credentials() === null) return "no-identity";
    return this.#options.bootstrap.inbound.length > 0 && !this.#config.hasInbound ? "no-config" : null;
  }

  #tellReadiness(reason: NotReady): void {
    const { log, tell } = this.#options;
    log.info(reason === null ? "ready" : `not ready: ${reason}`);
    tell(reason === null ? { kind: "ready" } : { kind: "not-ready", reason });
  }

  #identityChanged(): void {
    const serial = this.#identity.credentials()?.serial ?? "";
    // A stream of the old leaf would be ended by the controller when that leaf ends.
    if (serial !== this.#ownLeaf && serial !== "") this.#discovery?.reconnect();
    this.#ownLeaf = serial;
    this.#readiness.update();
  }

  #discoveryTls(): ClientTls | null {
    const own = this.#identity.credentials();
    if (own === null) return null;
    const secureContext = createSecureContext({
      key: own.keyPem,
      cert: own.chainPem,
      ca: [...this.#identity.trust().rootsPem],
      minVersion: "TLSv1.3",
    });
    return { secureContext, verifyServer: this.#verifyServer };
  }

  #applyProxyConfig(config: ProxyConfig): void {
    this.#tap.set(config.taps);
    this.#setLogLevel(config.logLevel || this.#options.bootstrap.logLevel);
    if (config.renewIssuedBeforeUnixMs > 0) this.#identity.renewIfIssuedBefore(config.renewIssuedBeforeUnixMs);
    if (config.drain && !this.#draining) this.drain(() => {});
  }

  #setLogLevel(text: string): boolean {
    const level = parseLogLevel(text);
    if (level !== null) this.#options.log.setLevel(level);
    return level !== null;
  }

  #saveSoon(): void {
    this.#saveTimer ??= this.#options.clock.setTimer(
      () => {
        this.#saveTimer = null;
        try {
          this.#saved.write(SAVED.CONFIGURATION, formatConfiguration(this.#config.resources.entries()));
        } catch (error) {
          this.#options.log.warn(`cannot save the configuration: ${messageOf(error)}`);
        }
      },
      SAVE_MS,
      { unref: true },
    );
  }
}
