import { ExportTraceServiceRequest } from "../../messages/gen/opentelemetry/proto/collector/trace/v1/trace_service.ts";
import type { KeyValue } from "../../messages/gen/opentelemetry/proto/common/v1/common.ts";
import { type Span, Span_SpanKind, Status_StatusCode } from "../../messages/gen/opentelemetry/proto/trace/v1/trace.ts";
import { KNOWN_METHODS, OTHER_METHOD, SPAN_ATTRIBUTE } from "../../telemetry/trace/attributes.ts";
import { errorType, type FinishedSpan } from "./span.ts";

/** Who sends. The controller goes by the certificate; this is for other collectors. */
export interface SpanSource {
  readonly namespace: string;
  readonly workload: string;
  /** `namespace/instance` */
  readonly instance: string;
  readonly version: string;
}

/** An ExportTraceServiceRequest. */
export function writeSpans(spans: readonly FinishedSpan[], source: SpanSource): Uint8Array {
  const resource = {
    attributes: [
      text("service.namespace", source.namespace),
      text("service.name", source.workload),
      text("service.instance.id", source.instance),
      text("service.version", source.version),
    ],
  };
  const scopeSpans = [{ scope: { name: "meshctl-proxy", version: source.version }, spans: spans.map(spanOf) }];
  return ExportTraceServiceRequest.encode({ resourceSpans: [{ resource, scopeSpans }] }).finish();
}

function spanOf(span: FinishedSpan): Span {
  const error = errorType(span);
  return {
    traceId: Buffer.from(span.traceId, "hex"),
    spanId: Buffer.from(span.spanId, "hex"),
    parentSpanId: Buffer.from(span.parentSpanId, "hex"),
    name: nameOf(span),
    kind: span.direction === "outbound" ? Span_SpanKind.CLIENT : Span_SpanKind.SERVER,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.startMs + span.durationMs),
    attributes: attributesOf(span, error),
    status: error === "" ? undefined : { code: Status_StatusCode.ERROR, message: span.reason },
  };
}

/** Of low cardinality: `GET`, or `package.Service/Method` of gRPC. */
function nameOf({ protocol, method, path }: FinishedSpan): string {
  if (protocol === "grpc") return path.slice(1);
  return KNOWN_METHODS.has(method) ? method : "HTTP";
}

function attributesOf(span: FinishedSpan, error: string): KeyValue[] {
  const { method, protocol } = span;
  const known = KNOWN_METHODS.has(method);
  const list = [
    text(SPAN_ATTRIBUTE.METHOD, known ? method : OTHER_METHOD),
    text(SPAN_ATTRIBUTE.PATH, span.path),
    text(SPAN_ATTRIBUTE.PROTOCOL, "http"),
    text(SPAN_ATTRIBUTE.PROTOCOL_VERSION, protocol === "grpc" ? "2" : protocol.slice("http/".length)),
    int(SPAN_ATTRIBUTE.REQUEST_BYTES, span.requestBytes),
    int(SPAN_ATTRIBUTE.RESPONSE_BYTES, span.responseBytes),
    { key: SPAN_ATTRIBUTE.MTLS, value: { value: { $case: "boolValue" as const, boolValue: span.mtls } } },
  ];
  const some = (key: string, value: string): void => {
    if (value !== "") list.push(text(key, value));
  };
  if (!known) some(SPAN_ATTRIBUTE.METHOD_ORIGINAL, method);
  if (span.status > 0) list.push(int(SPAN_ATTRIBUTE.STATUS, span.status));
  if (protocol === "grpc") list.push(text(SPAN_ATTRIBUTE.RPC_SYSTEM, "grpc"));
  if (span.grpcStatus >= 0) list.push(int(SPAN_ATTRIBUTE.GRPC_STATUS, span.grpcStatus));
  if (span.attempts > 0) list.push(int(SPAN_ATTRIBUTE.ATTEMPTS, span.attempts));
  some(SPAN_ATTRIBUTE.AUTHORITY, span.authority);
  some(SPAN_ATTRIBUTE.CLIENT_ADDRESS, span.sourceAddress);
  some(SPAN_ATTRIBUTE.PEER_ADDRESS, span.destinationAddress);
  some(SPAN_ATTRIBUTE.ERROR, error);
  some(SPAN_ATTRIBUTE.SERVICE, span.service);
  some(SPAN_ATTRIBUTE.SOURCE, span.source);
  some(SPAN_ATTRIBUTE.DESTINATION, span.destination);
  some(SPAN_ATTRIBUTE.ROUTE, span.routeLabel);
  some(SPAN_ATTRIBUTE.REASON, span.reason);
  some(SPAN_ATTRIBUTE.POLICY, span.policy);
  some(SPAN_ATTRIBUTE.REQUEST_ID, span.requestId);
  return list;
}

function text(key: string, stringValue: string): KeyValue {
  return { key, value: { value: { $case: "stringValue", stringValue } } };
}

function int(key: string, intValue: number): KeyValue {
  return { key, value: { value: { $case: "intValue", intValue } } };
}

/** A double holds Unix milliseconds to a quarter of a microsecond. */
function nanoseconds(unixMs: number): string {
  const whole = Math.floor(unixMs);
  return `${whole}${String(Math.floor((unixMs - whole) * 1_000_000)).padStart(6, "0")}`;
}
