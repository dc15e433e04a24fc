import { ExportMetricsServiceRequest } from "../../messages/gen/opentelemetry/proto/collector/metrics/v1/metrics_service.ts";
import { AggregationTemporality, type Metric } from "../../messages/gen/opentelemetry/proto/metrics/v1/metrics.ts";
import type { OpenEdge } from "../../telemetry/open-edges.ts";
import type { EdgeLabels } from "../../telemetry/traffic-deltas.ts";
import { ATTRIBUTE, METRIC } from "../../telemetry/traffic-names.ts";
import { edgeAttributes, int, nanoseconds, type ReportHead, resourceOf } from "./write-traffic.ts";

export interface ConnectionHead extends Pick<ReportHead, "namespace" | "workload" | "instance" | "version"> {
  /** Which process of the instance. */
  readonly worker: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/**
 * An ExportMetricsServiceRequest: open TCP connections by edge (a sum that goes up and down, cumulative), and connections
 * whose protocol could not be told in time, by service (delta).
 */
export function writeConnections(edges: readonly OpenEdge[], detections: ReadonlyMap<string, number>, head: ConnectionHead): Uint8Array {
  const timeUnixNano = nanoseconds(head.nowMs);
  const point = (labels: EdgeLabels, asInt: number) => ({
    startTimeUnixNano: "0",
    timeUnixNano,
    value: { $case: "asInt" as const, asInt },
    attributes: [...edgeAttributes(labels), int(ATTRIBUTE.WORKER, head.worker)],
  });
  const open: Metric = {
    name: METRIC.OPEN_CONNECTIONS,
    unit: "1",
    data: {
      $case: "sum",
      sum: {
        dataPoints: edges.map(({ labels, open: count }) => point(labels, count)),
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        isMonotonic: false,
      },
    },
  };
  const source = `${head.namespace}/${head.workload}`;
  const silent = (service: string): EdgeLabels => ({
    direction: "outbound",
    protocol: "tcp",
    service,
    source,
    destination: "",
    mtls: false,
    route: "",
  });
  const timeouts: Metric = {
    name: METRIC.DETECTION_TIMEOUTS,
    unit: "1",
    data: {
      $case: "sum",
      sum: {
        dataPoints: [...detections].map(([service, count]) => point(silent(service), count)),
        aggregationTemporality: AggregationTemporality.DELTA,
        isMonotonic: true,
      },
    },
  };
  const scopeMetrics = [{ scope: { name: "meshctl-proxy", version: head.version }, metrics: [open, timeouts] }];
  return ExportMetricsServiceRequest.encode({ resourceMetrics: [{ resource: resourceOf(head), scopeMetrics }] }).finish();
}
