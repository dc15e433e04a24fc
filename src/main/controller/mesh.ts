/** The part of the controller that turns resources into discovery: store, compiler, discovery server, taps. */
import type { Endpoint } from "../../controller/http.ts";
import { Compiler, type Invalidation } from "../../compile/compiler.ts";
import type { TrustState } from "../../compile/proxy-config.ts";
import { BASE_KINDS, type Change, MeshStore } from "../../compile/store.ts";
import { authoriseBy } from "../../controller/publish/authorise.ts";
import { Capabilities } from "../../controller/publish/capabilities.ts";
import { ClockSkews } from "../../controller/publish/clock-skews.ts";
import { ProxyLoads } from "../../controller/publish/proxy-loads.ts";
import { programmed, type StatusContext } from "../../controller/publish/proxy-status.ts";
import { RefusalLog } from "../../controller/publish/refusal-log.ts";
import { ProxySettings } from "../../controller/publish/settings.ts";
import { createSnapshotSource } from "../../controller/publish/source.ts";
import type { CountProgrammed } from "../../controller/status/policy-status.ts";
import { statEndpoint } from "../../controller/stat/endpoint.ts";
import { OpenConnections } from "../../controller/stat/open-connections.ts";
import { TrafficReports } from "../../controller/stat/receive.ts";
import { TrafficWindow } from "../../controller/stat/window.ts";
import { tapEndpoint } from "../../controller/tap/endpoint.ts";
import { relevantInstances } from "../../controller/tap/relevant.ts";
import { TapSessions } from "../../controller/tap/sessions.ts";
import { versionService } from "../../controller/tap/version-service.ts";
import { traceEndpoints } from "../../controller/trace/endpoints.ts";
import { SpanReports } from "../../controller/trace/receive.ts";
import { TraceStore } from "../../controller/trace/trace-store.ts";
import { createDiscoveryServer, type DiscoveryServer } from "../../discovery/server/server.ts";
import type { Clock } from "../../lib/clock.ts";
import { GRPC, TYPE_URL } from "../../messages/names.ts";
import { CATALOG } from "../../policies/catalog.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { Certificates } from "./certificates.ts";

export interface Mesh {
  readonly store: MeshStore;
  readonly compiler: Compiler;
  readonly discovery: DiscoveryServer;
  readonly taps: TapSessions;
  readonly traffic: TrafficWindow;
  readonly reports: TrafficReports;
  readonly traces: TraceStore;
  readonly spans: SpanReports;
  readonly endpoints: readonly Endpoint[];
  status(): StatusContext;
  readonly count: CountProgrammed;
  /** Takes in what a source has put into the store. */
  changed(change: Change): void;
  requestRenewal(target: { readonly instance: string } | "all", beforeUnixMs: number): readonly string[];
  close(): Promise<void>;
}

/** `acknowledged` is called when any proxy came, went or answered. */
export function createMesh(certificates: Certificates, clock: Clock, log: Logger, acknowledged: () => void): Mesh {
  const { ca, serving } = certificates;
  const store = new MeshStore(CATALOG.map((entry) => entry.kind));
  const capabilities = new Capabilities();
  const skews = new ClockSkews(clock);
  const loads = new ProxyLoads();
  const compiler = new Compiler({
    store,
    catalog: CATALOG,
    trustDomain: ca.trustDomain,
    capabilitiesOf: (instance) => capabilities.of(instance),
  });
  const traffic = new TrafficWindow(clock);
  const openConnections = new OpenConnections(clock);
  const reports = new TrafficReports(traffic, openConnections, store);
  const traces = new TraceStore(clock);
  const spans = new SpanReports(traces, store);
  const settings = new ProxySettings((instance) => discovery.changed(TYPE_URL.PROXY_CONFIG, [instance]));
  const taps = new TapSessions({
    settings,
    clock,
    relevant: (query) => relevantInstances(store, discovery.streams(), query),
    versionOf: ({ namespace, service }) => (service === undefined ? null : versionService(store, namespace, service)),
  });
  let trust: TrustState = { trustDomain: ca.trustDomain, roots: ca.roots(), revokedSerials: [], revokedIdentities: [] };

  const source = createSnapshotSource({ compiler, store, settings, trustDomain: ca.trustDomain, trust: () => trust });
  const refusals = new RefusalLog(log, clock);

  const discovery: DiscoveryServer = createDiscoveryServer({
    source,
    authorise: authoriseBy(store, ca.trustDomain, (serial) => ca.record(serial)?.instance ?? null),
    credentials: credentialsOf(serving.current()),
    verifyPeer: certificates.verifyPeer,
    clock,
    // What routes and policies point to arrives before them.
    order: [TYPE_URL.TRUST, TYPE_URL.PROXY_CONFIG, TYPE_URL.ENDPOINTS, TYPE_URL.INBOUND, TYPE_URL.OUTBOUND],
    upStreams: {
      [GRPC.TAP]: (subscriber) => taps.receive(subscriber),
      [GRPC.CLOCK]: (subscriber) => {
        const readers = [skews.receive(subscriber), loads.receive(subscriber)];
        return { message: (bytes) => readers.forEach((one) => one.message(bytes)), end: () => readers.forEach((one) => one.end()) };
      },
      [GRPC.METRICS]: (subscriber) => reports.receive(subscriber),
      [GRPC.SPANS]: (subscriber) => spans.receive(subscriber),
    },
    onStreamsChanged(subscriber, what) {
      if (what !== "answered")
        log.info(`proxy ${what}`, { proxy: subscriber.id, version: subscriber.version, peer: subscriber.peer.address });
      if (what === "connected" && capabilities.learn(subscriber.id, subscriber.features)) {
        invalidated(compiler.capabilitiesChanged(subscriber.id));
      }
      // Nothing else ends what is known of an instance that was never registered.
      if (what === "disconnected" && store.get("Workload", subscriber.id) === undefined) capabilities.forget(subscriber.id);
      taps.refresh();
      acknowledged();
    },
    onRefused: (address, reason) => refusals.add(address, reason),
  });
  const connected = () => new Set(discovery.streams().map((stream) => stream.subscriber.id));
  const invalidated = (all: readonly Invalidation[]) => {
    for (const { typeUrl, names } of all) discovery.changed(typeUrl, names);
  };
  const stopListening = serving.onRenew((credentials) => {
    discovery.setCredentials(credentialsOf(credentials));
    if (sameRoots(trust.roots, ca.roots())) return;
    trust = { ...trust, roots: ca.roots() };
    discovery.changed(TYPE_URL.TRUST, [ca.trustDomain]);
  });

  return {
    store,
    compiler,
    discovery,
    taps,
    traffic,
    reports,
    traces,
    spans,
    endpoints: [tapEndpoint(taps, store, clock), statEndpoint(traffic, openConnections, store, clock), ...traceEndpoints(traces, clock)],
    status: () => ({
      store,
      trustDomain: ca.trustDomain,
      streams: discovery.streams(),
      nowMs: clock.nowMs(),
      clockSkewMs: (instance) => skews.of(instance),
      overload: (instance) => loads.of(instance),
    }),
    count: (units) => programmed(discovery.streams(), source, units),
    changed(change) {
      invalidated(compiler.invalidate(change));
      // Its settings stand in the ProxyConfig of every proxy.
      if (change.kind === "MeshConfig") discovery.changed(TYPE_URL.PROXY_CONFIG, connected());
      if (change.kind !== "Workload") return;
      if (change.after === undefined) {
        settings.forget(change.key);
        capabilities.forget(change.key);
      }
      if (change.before === undefined || change.after === undefined) taps.refresh();
    },
    requestRenewal(target, beforeUnixMs) {
      const known = connected();
      const asked = target === "all" ? [...known].sort() : known.has(target.instance) ? [target.instance] : [];
      for (const instance of asked) settings.askRenewal(instance, beforeUnixMs);
      return asked;
    },
    async close() {
      stopListening();
      taps.close();
      await discovery.close();
    },
  };
}

/** Kinds that sources follow. */
export const FOLLOWED_KINDS: readonly string[] = [...BASE_KINDS, ...CATALOG.map((entry) => entry.kind)];

function credentialsOf(serving: { keyPem: string; chainPem: string; rootsPem: string }) {
  return { key: serving.keyPem, cert: serving.chainPem, roots: serving.rootsPem };
}

function sameRoots(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((root, index) => root.equals(b[index] as Buffer));
}
