import { ExportTraceServiceRequest } from "../../messages/gen/opentelemetry/proto/collector/trace/v1/trace_service.ts";
import type { KeyValue } from "../../messages/gen/opentelemetry/proto/common/v1/common.ts";
import { type Span, Span_SpanKind, Status_StatusCode } from "../../messages/gen/opentelemetry/proto/trace/v1/trace.ts";
import { isSpanId, isTraceId } from "../../telemetry/trace/context.ts";
import { OTHER_METHOD, SPAN_ATTRIBUTE } from "../../telemetry/trace/attributes.ts";

/** A span of a proxy as it is kept. Texts are cut to {@link MAX_TEXT}. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: the first of its trace. */
  readonly parentSpanId: string;
  readonly direction: "inbound" | "outbound";
  /** Unix microseconds. */
  readonly startUs: number;
  readonly endUs: number;
  readonly protocol: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  /** 0: no answer. */
  readonly status: number;
  /** -1: none told. */
  readonly grpcStatus: number;
  readonly error: boolean;
  readonly reason: string;
  readonly policy: string;
  readonly service: string;
  readonly source: string;
  readonly destination: string;
  readonly route: string;
  readonly requestId: string;
  readonly attempts: number;
  readonly mtls: boolean;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface SpansRead {
  readonly spans: readonly StoredSpan[];
  /** Spans that cannot be used: bad ids or times, of a kind no proxy writes. */
  readonly refused: number;
}

const MAX_TEXT = 512;
const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
/** The last instant of a Date. */
const MAX_DATE_US = 8_640_000_000_000_000_000n / 1_000n;

/** Null when the bytes are no ExportTraceServiceRequest. */
export function readSpans(bytes: Uint8Array): SpansRead | null {
  let request: ExportTraceServiceRequest;
  try {
    request = ExportTraceServiceRequest.decode(bytes);
  } catch {
    return null;
  }
  const spans: StoredSpan[] = [];
  let refused = 0;
  for (const { scopeSpans } of request.resourceSpans) {
    for (const scope of scopeSpans) {
      for (const span of scope.spans) {
        const read = readSpan(span);
        if (read === null) refused += 1;
        else spans.push(read);
      }
    }
  }
  return { spans, refused };
}

function readSpan(span: Span): StoredSpan | null {
  const direction = span.kind === Span_SpanKind.CLIENT ? "outbound" : span.kind === Span_SpanKind.SERVER ? "inbound" : null;
  const traceId = hex(span.traceId);
  const spanId = hex(span.spanId);
  const parentSpanId = hex(span.parentSpanId);
  const startUs = microseconds(span.startTimeUnixNano);
  const endUs = microseconds(span.endTimeUnixNano);
  if (direction === null || !isTraceId(traceId) || !isSpanId(spanId)) return null;
  if (parentSpanId !== "" && (!isSpanId(parentSpanId) || parentSpanId === spanId)) return null;
  if (startUs === null || endUs === null || endUs < startUs) return null;
  const { text, int, bool } = readers(span.attributes);
  const method = text(SPAN_ATTRIBUTE.METHOD);
  const version = text(SPAN_ATTRIBUTE.PROTOCOL_VERSION);
  const grpc = text(SPAN_ATTRIBUTE.RPC_SYSTEM) === "grpc";
  return {
    traceId,
    spanId,
    parentSpanId,
    direction,
    startUs,
    endUs,
    protocol: grpc ? "grpc" : version === "" ? "http" : `http/${version}`,
    method: method === OTHER_METHOD ? text(SPAN_ATTRIBUTE.METHOD_ORIGINAL) : method,
    authority: text(SPAN_ATTRIBUTE.AUTHORITY),
    path: text(SPAN_ATTRIBUTE.PATH),
    status: int(SPAN_ATTRIBUTE.STATUS, 0),
    grpcStatus: int(SPAN_ATTRIBUTE.GRPC_STATUS, -1),
    error: span.status?.code === Status_StatusCode.ERROR,
    reason: text(SPAN_ATTRIBUTE.REASON),
    policy: text(SPAN_ATTRIBUTE.POLICY),
    service: text(SPAN_ATTRIBUTE.SERVICE),
    source: text(SPAN_ATTRIBUTE.SOURCE),
    destination: text(SPAN_ATTRIBUTE.DESTINATION),
    route: text(SPAN_ATTRIBUTE.ROUTE),
    requestId: text(SPAN_ATTRIBUTE.REQUEST_ID),
    attempts: int(SPAN_ATTRIBUTE.ATTEMPTS, 0),
    mtls: bool(SPAN_ATTRIBUTE.MTLS),
    requestBytes: int(SPAN_ATTRIBUTE.REQUEST_BYTES, 0),
    responseBytes: int(SPAN_ATTRIBUTE.RESPONSE_BYTES, 0),
  };
}

interface AttributeReaders {
  text(key: string): string;
  int(key: string, absent: number): number;
  bool(key: string): boolean;
}

function readers(attributes: readonly KeyValue[]): AttributeReaders {
  const values = new Map<string, string | number | boolean>();
  for (const { key, value } of attributes) {
    switch (value?.value?.$case) {
      case "stringValue":
        values.set(key, cut(value.value.stringValue));
        break;
      case "boolValue":
        values.set(key, value.value.boolValue);
        break;
      case "intValue":
        values.set(key, Math.min(MAX_NUMBER, Math.max(0, value.value.intValue)));
    }
  }
  return {
    text(key) {
      const value = values.get(key);
      return typeof value === "string" ? value : "";
    },
    int(key, absent) {
      const value = values.get(key);
      return typeof value === "number" ? value : absent;
    },
    bool: (key) => values.get(key) === true,
  };
}

/** A copy: a slice would hold on to all of the text it is of. */
function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : Buffer.from(text.slice(0, MAX_TEXT)).toString();
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** Null for 0, and for what lies beyond the years a Date can say. */
function microseconds(nanoseconds: string): number | null {
  // Nanoseconds since 1970 are beyond what a double holds exactly; microseconds are not.
  const us = BigInt(nanoseconds) / 1_000n;
  return us > 0n && us <= MAX_DATE_US ? Number(us) : null;
}
