import { ExportMetricsServiceRequest } from "../../messages/gen/opentelemetry/proto/collector/metrics/v1/metrics_service.ts";
import type { KeyValue } from "../../messages/gen/opentelemetry/proto/common/v1/common.ts";
import {
  AggregationTemporality,
  type ExponentialHistogramDataPoint,
  type Metric,
  type NumberDataPoint,
} from "../../messages/gen/opentelemetry/proto/metrics/v1/metrics.ts";
import { SCALE } from "../../telemetry/exponential.ts";
import type { EdgeDelta, EdgeLabels } from "../../telemetry/traffic-deltas.ts";
import { ATTRIBUTE, DURATION_UNIT, METRIC } from "../../telemetry/traffic-names.ts";

/** What a report says of its sender and its time. */
export interface ReportHead {
  readonly namespace: string;
  readonly workload: string;
  /** `namespace/instance` */
  readonly instance: string;
  readonly version: string;
  /** Unix milliseconds that the counts lie between. */
  readonly fromMs: number;
  readonly toMs: number;
}

const DELTA = AggregationTemporality.DELTA;

/** An ExportMetricsServiceRequest with delta sums and exponential histograms of these edges. Bytes of a sum that is 0 are left out. */
export function writeTraffic(edges: readonly EdgeDelta[], head: ReportHead): Uint8Array {
  const startTimeUnixNano = nanoseconds(head.fromMs);
  const timeUnixNano = nanoseconds(head.toMs);
  const number = (attributes: KeyValue[], asInt: number): NumberDataPoint => ({
    startTimeUnixNano,
    timeUnixNano,
    value: { $case: "asInt", asInt },
    attributes,
  });
  const exchanges: NumberDataPoint[] = [];
  const durations: ExponentialHistogramDataPoint[] = [];
  const requestBytes: NumberDataPoint[] = [];
  const responseBytes: NumberDataPoint[] = [];
  for (const edge of edges) {
    const attributes = edgeAttributes(edge.labels);
    for (const { status, reason, grpcStatus, count } of edge.outcomes) {
      if (count === 0) continue;
      const grpc = grpcStatus < 0 ? [] : [int(ATTRIBUTE.GRPC_STATUS, grpcStatus)];
      exchanges.push(number([...attributes, int(ATTRIBUTE.STATUS, status), text(ATTRIBUTE.REASON, reason), ...grpc], count));
    }
    durations.push({
      attributes,
      startTimeUnixNano,
      timeUnixNano,
      count: edge.count,
      sum: edge.sumUs,
      scale: SCALE,
      zeroCount: edge.zeros,
      positive:
        edge.high < edge.low ? undefined : { offset: edge.low, bucketCounts: Array.from(edge.buckets.subarray(edge.low, edge.high + 1)) },
    });
    if (edge.requestBytes > 0) requestBytes.push(number(attributes, edge.requestBytes));
    if (edge.responseBytes > 0) responseBytes.push(number(attributes, edge.responseBytes));
  }
  const metrics: Metric[] = [
    sum(METRIC.EXCHANGES, "1", exchanges),
    {
      name: METRIC.DURATION,
      unit: DURATION_UNIT,
      data: { $case: "exponentialHistogram", exponentialHistogram: { dataPoints: durations, aggregationTemporality: DELTA } },
    },
    sum(METRIC.REQUEST_BYTES, "By", requestBytes),
    sum(METRIC.RESPONSE_BYTES, "By", responseBytes),
  ];
  const scopeMetrics = [{ scope: { name: "meshctl-proxy", version: head.version }, metrics }];
  return ExportMetricsServiceRequest.encode({ resourceMetrics: [{ resource: resourceOf(head), scopeMetrics }] }).finish();
}

/** Who reports, by the names OpenTelemetry has for it. */
export function resourceOf(head: Pick<ReportHead, "namespace" | "workload" | "instance" | "version">): { attributes: KeyValue[] } {
  return {
    attributes: [
      text("service.namespace", head.namespace),
      text("service.name", head.workload),
      text("service.instance.id", head.instance),
      text("service.version", head.version),
    ],
  };
}

function sum(name: string, unit: string, dataPoints: NumberDataPoint[]): Metric {
  return { name, unit, data: { $case: "sum", sum: { dataPoints, aggregationTemporality: DELTA, isMonotonic: true } } };
}

export function edgeAttributes({ direction, protocol, service, source, destination, mtls, route }: EdgeLabels): KeyValue[] {
  return [
    text(ATTRIBUTE.DIRECTION, direction),
    text(ATTRIBUTE.PROTOCOL, protocol),
    text(ATTRIBUTE.SERVICE, service),
    text(ATTRIBUTE.SOURCE, source),
    text(ATTRIBUTE.DESTINATION, destination),
    { key: ATTRIBUTE.TLS, value: { value: { $case: "boolValue", boolValue: mtls } } },
    text(ATTRIBUTE.ROUTE, route),
  ];
}

function text(key: string, stringValue: string): KeyValue {
  return { key, value: { value: { $case: "stringValue", stringValue } } };
}

export function int(key: string, intValue: number): KeyValue {
  return { key, value: { value: { $case: "intValue", intValue } } };
}

export function nanoseconds(unixMs: number): string {
  return `${Math.round(unixMs)}000000`;
}
