import type { TraceDetail, TraceSpan } from "../../../../src/api/contract.ts";

export const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** A span of web's call to api; times in milliseconds from the start of the trace. */
export function span(spanId: string, parentSpanId: string, offsetMs: number, durationMs: number, more: Partial<TraceSpan> = {}): TraceSpan {
  return {
    spanId,
    parentSpanId,
    direction: "outbound",
    start: "2026-01-02T03:04:05.000000Z",
    offsetMs,
    durationMs,
    source: "default/web",
    destination: "default/api1",
    service: "default/api:80",
    protocol: "http/1.1",
    method: "GET",
    authority: "api",
    path: "/items",
    status: 200,
    grpcStatus: null,
    error: false,
    reason: "",
    policy: "",
    route: "",
    requestId: "",
    attempts: 1,
    mtls: true,
    requestBytes: 0,
    responseBytes: 100,
    ...more,
  };
}

export function trace(durationMs: number, spans: readonly TraceSpan[]): TraceDetail {
  return { traceId: TRACE, start: "2026-01-02T03:04:05.000000Z", durationMs, spans };
}

const SHOPPER = { source: "default/shopper", destination: "default/web", service: "default/web:80" } as const;

/** shopper → web → api, where web asks twice and api fails the second time. */
export const STORE: TraceDetail = trace(20, [
  span("a", "", 0, 20, SHOPPER),
  span("b", "a", 0.8, 18.9, { ...SHOPPER, direction: "inbound" }),
  span("c", "b", 2, 7.5),
  span("d", "c", 2.4, 6.9, { direction: "inbound" }),
  span("e", "b", 11, 8.04, { status: 503, reason: "fault-abort", error: true, destination: "" }),
]);
