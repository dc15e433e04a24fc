import type { ReasonCode } from "../../messages/reasons.ts";
import { addProcessMetrics } from "../../telemetry/metrics/process.ts";
import type { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import type { SpanSender } from "../trace/span-sender.ts";
import type { Tracer } from "../trace/tracer.ts";

/** What the gauges read. */
export interface ProxyFigures {
  readonly startedUnixMs: number;
  openInbound(): number;
  openOutbound(): number;
  openMesh(): number;
  destinations(): number;
  tapDropped(): number;
  reportDropped(): number;
  readonly spans: Pick<SpanSender, "taken" | "dropped">;
  readonly tracer: Pick<Tracer, "perMillion">;
  connected(): boolean;
  /** 0 without a certificate. */
  certificateEndsUnixMs(): number;
}

/** What is counted as it happens. */
export interface ConnectionCounters {
  /** An inbound connection was closed instead of served. */
  refused(reason: ReasonCode): void;
  meshOpened(alpn: string): void;
  /** Nobody spoke on a connection to `service` while we waited to see what it is. */
  silent(service: string): void;
}

/** Registers everything beside traffic. */
export function addProxyMetrics(registry: MetricsRegistry, figures: ProxyFigures): ConnectionCounters {
  const { spans, tracer } = figures;
  addProcessMetrics(registry, figures.startedUnixMs);
  registry.read("gauge", "meshctl_inbound_connections", "Open connections from callers.", () => figures.openInbound());
  registry.read("gauge", "meshctl_outbound_connections", "Open connections from the application.", () => figures.openOutbound());
  registry.read("gauge", "meshctl_mesh_connections", "Open mutual TLS connections, both ways.", () => figures.openMesh());
  registry.read("gauge", "meshctl_destinations", "Destinations subscribed to.", () => figures.destinations());
  registry.read("counter", "meshctl_tap_dropped_total", "Tap events not sent: rate limit or slow controller.", () => figures.tapDropped());
  registry.read("counter", "meshctl_report_dropped_total", "Exchanges the controller was not told of: it was away.", () =>
    figures.reportDropped(),
  );
  registry.read("counter", "meshctl_spans_total", "Spans of sampled requests.", () => spans.taken);
  registry.read(
    "gauge",
    "meshctl_trace_sampling_ratio",
    "Share of requests without a trace context that begin a trace.",
    () => tracer.perMillion / 1_000_000,
  );
  registry.read(
    "counter",
    "meshctl_spans_dropped_total",
    "Spans the controller was not told of: too many, or it was away.",
    () => spans.dropped,
  );
  registry.read("gauge", "meshctl_discovery_connected", "1 while the discovery stream stands.", () => (figures.connected() ? 1 : 0));
  registry.read(
    "gauge",
    "meshctl_certificate_expiry_timestamp_seconds",
    "End of the own certificate, Unix time; 0 without one.",
    () => figures.certificateEndsUnixMs() / 1_000,
  );
  const refused = registry.counter("meshctl_inbound_refused_total", "Inbound connections closed instead of served.", ["reason"]);
  const opened = registry.counter("meshctl_mesh_connections_opened_total", "Mutual TLS connections by what they speak, both ways.", [
    "alpn",
  ]);
  const silent = registry.counter(
    "meshctl_detection_timeouts_total",
    "Connections taken for opaque TCP because nobody spoke in time: declare the port's protocol.",
    ["service"],
  );
  return {
    silent: (service) => silent.with(service).add(1),
    refused: (reason) => refused.with(reason).add(1),
    meshOpened: (alpn) => opened.with(alpn === "" ? "none" : alpn).add(1),
  };
}
