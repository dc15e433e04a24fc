import type { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import type { Overload } from "../overload/overload.ts";

/** Registers what the overload guard measures and does; returns where each look at the event loop is recorded (milliseconds). */
export function addOverloadMetrics(registry: MetricsRegistry, overload: () => Overload): (lagMs: number) => void {
  const read = registry.read.bind(registry);
  read(
    "gauge",
    "meshctl_overload_state",
    "0 normal, 1 answers some requests 503 overloaded, 2 closes new connections too.",
    () => overload().state,
  );
  read("gauge", "meshctl_overload_admitted_ratio", "Share of the requests that is let in.", () => overload().admission.share);
  read("counter", "meshctl_overload_episodes_total", "Times the proxy became overloaded.", () => overload().episodes);
  read("counter", "meshctl_overload_refused_connections_total", "Connections closed at the door.", () => overload().refusedConnections);
  read("gauge", "meshctl_requests_in_flight", "Requests under way.", () => overload().requests);
  read(
    "gauge",
    "meshctl_accepted_connections",
    "Connections accepted and open, from callers and the application.",
    () => overload().gate.open,
  );
  read(
    "gauge",
    "meshctl_buffered_bytes",
    "Bytes that wait in this process for their readers, as of the last look.",
    () => overload().memory.bufferedBytes,
  );
  read("counter", "meshctl_overload_shed_lag_total", "Requests answered 503 because the event loop was late.", () => overload().shedForLag);
  read("counter", "meshctl_overload_shed_memory_total", "Requests answered 503 because memory was short.", () => overload().shedForMemory);
  read(
    "counter",
    "meshctl_overload_shed_requests_total",
    "Requests answered 503 because too many were under way.",
    () => overload().shedForRequests,
  );
  const lag = registry
    .histogram("meshctl_event_loop_lag_seconds", "How late the event loop came to a timer.", [], {
      unitsPerExposed: 1_000_000,
      shownExponents: [9, 23],
    })
    .with();
  return (lagMs) => lag.record(Math.round(lagMs * 1_000));
}
