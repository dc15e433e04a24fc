import { ExportMetricsServiceRequest } from "../../messages/gen/opentelemetry/proto/collector/metrics/v1/metrics_service.ts";
import type { KeyValue } from "../../messages/gen/opentelemetry/proto/common/v1/common.ts";
import {
  AggregationTemporality,
  type ExponentialHistogram,
  type ExponentialHistogramDataPoint,
  type Metric,
  type Sum,
} from "../../messages/gen/opentelemetry/proto/metrics/v1/metrics.ts";
import { BUCKETS, type Exponential, SCALE } from "../../telemetry/exponential.ts";
import type { EdgeLabels } from "../../telemetry/traffic-deltas.ts";
import { ATTRIBUTE, DURATION_UNIT, METRIC } from "../../telemetry/traffic-names.ts";

/** What has happened on an edge since it was last said. Durations are in microseconds. */
export type WindowPoint = { readonly edge: EdgeLabels } & (
  | { readonly what: "exchanges"; readonly status: number; readonly reason: string; readonly grpcStatus: number; readonly count: number }
  | { readonly what: "durations"; readonly histogram: Exponential }
  | { readonly what: "request-bytes" | "response-bytes"; readonly bytes: number }
  | { readonly what: "detection-timeouts"; readonly count: number }
);

/** How many TCP connections are open on an edge of one process of a proxy. */
export interface OpenPoint {
  readonly what: "open";
  readonly edge: EdgeLabels;
  readonly worker: number;
  readonly open: number;
}

/** What one data point of a report says of an edge. */
export type TrafficPoint = WindowPoint | OpenPoint;

export interface TrafficRead {
  readonly points: readonly TrafficPoint[];
  /** Points of traffic that cannot be used: not delta, of a coarser scale, with values no proxy writes. */
  readonly refused: number;
}

/** A finer scale is brought to ours by shifting; 20 is the finest that OpenTelemetry speaks of. */
const MAX_SCALE = 20;
const MAX_LABEL = 512;
const MAX_WORKER = 1_023;

/** Null when the bytes are no ExportMetricsServiceRequest. Other instruments than those of traffic are passed over. */
export function readTraffic(bytes: Uint8Array): TrafficRead | null {
  let request: ExportMetricsServiceRequest;
  try {
    request = ExportMetricsServiceRequest.decode(bytes);
  } catch {
    return null;
  }
  const points: TrafficPoint[] = [];
  let refused = 0;
  const take = (point: TrafficPoint | null): void => {
    if (point === null) refused += 1;
    else points.push(point);
  };
  for (const { scopeMetrics } of request.resourceMetrics) {
    for (const { metrics } of scopeMetrics) for (const metric of metrics) readMetric(metric, take);
  }
  return { points, refused };
}

function readMetric({ name, unit, data }: Metric, take: (point: TrafficPoint | null) => void): void {
  if (data?.$case === "exponentialHistogram" && name === METRIC.DURATION) readDurations(data.exponentialHistogram, unit, take);
  if (data?.$case !== "sum") return;
  if (name === METRIC.EXCHANGES) readExchanges(data.sum, take);
  if (name === METRIC.REQUEST_BYTES) readBytes("request-bytes", data.sum, take);
  if (name === METRIC.RESPONSE_BYTES) readBytes("response-bytes", data.sum, take);
  if (name === METRIC.DETECTION_TIMEOUTS) readDetections(data.sum, take);
  if (name === METRIC.OPEN_CONNECTIONS) readOpen(data.sum, take);
}

function readExchanges(sum: Sum, take: (point: TrafficPoint | null) => void): void {
  for (const { attributes, value } of sum.dataPoints) {
    const edge = readEdge(attributes);
    const count = amount(sum, value);
    const status = find(attributes, ATTRIBUTE.STATUS);
    const fine = edge !== null && count !== null && typeof status === "number" && status >= 0 && status <= 999;
    const grpc = find(attributes, ATTRIBUTE.GRPC_STATUS);
    const grpcStatus = typeof grpc === "number" && Number.isInteger(grpc) && grpc >= 0 && grpc <= 999 ? grpc : -1;
    take(fine ? { what: "exchanges", edge, status, grpcStatus, reason: label(attributes, ATTRIBUTE.REASON) ?? "", count } : null);
  }
}

function readBytes(what: "request-bytes" | "response-bytes", sum: Sum, take: (point: TrafficPoint | null) => void): void {
  for (const { attributes, value } of sum.dataPoints) {
    const edge = readEdge(attributes);
    const bytes = amount(sum, value);
    take(edge === null || bytes === null ? null : { what, edge, bytes });
  }
}

function readDetections(sum: Sum, take: (point: TrafficPoint | null) => void): void {
  for (const { attributes, value } of sum.dataPoints) {
    const edge = readEdge(attributes);
    const count = amount(sum, value);
    take(edge === null || count === null ? null : { what: "detection-timeouts", edge, count });
  }
}

function readOpen({ aggregationTemporality, isMonotonic, dataPoints }: Sum, take: (point: TrafficPoint | null) => void): void {
  const usable = aggregationTemporality === AggregationTemporality.CUMULATIVE && !isMonotonic;
  for (const { attributes, value } of dataPoints) {
    const edge = readEdge(attributes);
    const open = wholeNumber(value);
    const worker = find(attributes, ATTRIBUTE.WORKER) ?? 0;
    const fine = usable && edge !== null && open !== null && typeof worker === "number" && worker >= 0 && worker <= MAX_WORKER;
    take(fine ? { what: "open", edge, worker, open } : null);
  }
}

function readDurations(histogram: ExponentialHistogram, unit: string, take: (point: TrafficPoint | null) => void): void {
  const usable = isDelta(histogram.aggregationTemporality) && unit === DURATION_UNIT;
  for (const point of histogram.dataPoints) {
    const edge = readEdge(point.attributes);
    const read = usable ? readHistogram(point) : null;
    take(edge === null || read === null ? null : { what: "durations", edge, histogram: read });
  }
}

function readHistogram({ scale, positive, zeroCount }: ExponentialHistogramDataPoint): Exponential | null {
  if (scale < SCALE || scale > MAX_SCALE) return null;
  const { offset = 0, bucketCounts = [] } = positive ?? {};
  const shift = scale - SCALE;
  const first = clampBucket(offset >> shift);
  const last = clampBucket((offset + Math.max(0, bucketCounts.length - 1)) >> shift);
  const counts = new Float64Array(bucketCounts.length === 0 ? 0 : last - first + 1);
  for (const [index, count] of bucketCounts.entries()) (counts[clampBucket((offset + index) >> shift) - first] as number) += count;
  return { offset: first, counts, zeros: zeroCount };
}

function clampBucket(index: number): number {
  return Math.min(BUCKETS - 1, Math.max(0, index));
}

function amount({ aggregationTemporality, isMonotonic }: Sum, value: Sum["dataPoints"][number]["value"]): number | null {
  return isDelta(aggregationTemporality) && isMonotonic ? wholeNumber(value) : null;
}

function wholeNumber(value: Sum["dataPoints"][number]["value"]): number | null {
  const number = value?.$case === "asInt" ? value.asInt : value?.asDouble;
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function isDelta(temporality: AggregationTemporality): boolean {
  return temporality === AggregationTemporality.DELTA;
}

function readEdge(attributes: readonly KeyValue[]): EdgeLabels | null {
  const direction = label(attributes, ATTRIBUTE.DIRECTION);
  const protocol = label(attributes, ATTRIBUTE.PROTOCOL);
  const service = label(attributes, ATTRIBUTE.SERVICE);
  const source = label(attributes, ATTRIBUTE.SOURCE);
  const destination = label(attributes, ATTRIBUTE.DESTINATION);
  const mtls = find(attributes, ATTRIBUTE.TLS);
  const route = label(attributes, ATTRIBUTE.ROUTE) ?? "";
  if (direction === null || protocol === null || service === null || source === null || destination === null) return null;
  return typeof mtls === "boolean" ? { direction, protocol, service, source, destination, mtls, route } : null;
}

function label(attributes: readonly KeyValue[], key: string): string | null {
  const value = find(attributes, key);
  return typeof value === "string" && value.length <= MAX_LABEL && !value.includes("\0") ? value : null;
}

function find(attributes: readonly KeyValue[], key: string): string | number | boolean | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value?.value;
  switch (value?.$case) {
    case "stringValue":
      return value.stringValue;
    case "boolValue":
      return value.boolValue;
    case "intValue":
      return value.intValue;
    default:
      return undefined;
  }
}
