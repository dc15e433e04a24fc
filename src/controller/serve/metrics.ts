import type { Compiler } from "../../compile/compiler.ts";
import type { MeshStore } from "../../compile/store.ts";
import type { DiscoveryServer } from "../../discovery/server/server.ts";
import { EXPOSITION_CONTENT_TYPE } from "../../telemetry/metrics/exposition.ts";
import { addProcessMetrics } from "../../telemetry/metrics/process.ts";
import { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import type { Endpoint } from "../http.ts";
import type { TrafficReports } from "../stat/receive.ts";
import type { TrafficWindow } from "../stat/window.ts";
import type { TapSessions } from "../tap/sessions.ts";
import type { SpanReports } from "../trace/receive.ts";
import type { TraceStore } from "../trace/trace-store.ts";

export interface MetricsSources {
  readonly discovery: DiscoveryServer;
  readonly compiler: Compiler;
  readonly store: MeshStore;
  readonly taps: TapSessions;
  readonly traffic: TrafficWindow;
  readonly reports: TrafficReports;
  readonly traces: TraceStore;
  readonly spans: SpanReports;
  readonly kinds: readonly string[];
  readonly openWatches: () => number;
  readonly startedUnixMs: number;
}

/** What the controller counts of itself, under `meshctl_controller_`. */
export function controllerMetrics(sources: MetricsSources): MetricsRegistry {
  const { discovery, compiler, store, taps, traffic, reports, traces, spans, kinds } = sources;
  const registry = new MetricsRegistry();
  const counter = (name: string, help: string, read: () => number) => registry.read("counter", `meshctl_controller_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) => registry.read("gauge", `meshctl_controller_${name}`, help, read);
  addProcessMetrics(registry, sources.startedUnixMs);
  gauge("proxies_connected", "Open discovery streams.", () => discovery.streams().length);
  counter("discovery_responses_total", "Discovery responses sent.", () => discovery.counters.responses);
  counter("discovery_resources_total", "Resources sent in them.", () => discovery.counters.resources);
  counter("discovery_removals_total", "Names told gone or unknown.", () => discovery.counters.removals);
  counter("discovery_acks_total", "Responses acknowledged.", () => discovery.counters.acks);
  counter("discovery_nacks_total", "Responses refused, whole or in part.", () => discovery.counters.nacks);
  counter("discovery_refused_total", "Connections refused before HTTP/2: no valid mesh certificate.", () => discovery.counters.refused);
  counter("compiled_units_total", "Resources compiled.", () => compiler.compiled);
  gauge("tap_sessions", "Open taps.", () => taps.open);
  counter("tap_events_total", "Tap events that proxies sent here.", () => taps.received);
  counter("traffic_reports_total", "OTLP messages of proxies taken in.", () => reports.received);
  counter("traffic_points_refused_total", "Data points of traffic, or whole messages, that cannot be used.", () => reports.refused);
  counter("traffic_points_overflowed_total", "Data points of edges beyond the limit of the window.", () => traffic.overflowed);
  gauge("traffic_edges", "Edges in the window of stat.", () => traffic.series);
  counter("spans_total", "Spans of proxies taken in.", () => spans.received);
  counter("spans_refused_total", "Spans, or whole messages, that cannot be used.", () => spans.refused);
  counter("spans_overflowed_total", "Spans beyond what one trace holds.", () => traces.overflowed);
  gauge("traces", "Traces that are remembered.", () => traces.size);
  gauge("traces_bytes", "What their spans take, about.", () => traces.bytes);
  counter("traces_evicted_total", "Traces that went to make room.", () => traces.evicted);
  gauge("watches", "Open watches of the resource API.", sources.openWatches);
  for (const kind of kinds) gauge(`objects_${kind.toLowerCase()}`, `Objects of kind ${kind}.`, () => store.count(kind));
  return registry;
}

/** For scrapers with the administrator's token: label values name workloads. */
export function metricsEndpoint(registry: MetricsRegistry): Endpoint {
  return {
    method: "GET",
    path: "/metrics",
    access: "admin",
    handle: ({ response }) => {
      response.writeHead(200, { "content-type": EXPOSITION_CONTENT_TYPE }).end(registry.expose());
    },
  };
}
