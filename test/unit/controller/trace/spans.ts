import type { StoredSpan } from "../../../../src/controller/trace/read-spans.ts";

export const START_US = Date.UTC(2026, 0, 2, 3, 4, 5) * 1_000;

export function id(number: number, digits: 16 | 32 = 16): string {
  return number.toString(16).padStart(digits, "0");
}

/** A span of web's call to api, number `span` of trace number `trace`. */
export function stored(trace: number, span: number, more: Partial<StoredSpan> = {}): StoredSpan {
  return {
    traceId: id(trace, 32),
    spanId: id(span),
    parentSpanId: "",
    direction: "outbound",
    startUs: START_US,
    endUs: START_US + 10_000,
    protocol: "http/1.1",
    method: "GET",
    authority: "api",
    path: "/items",
    status: 200,
    grpcStatus: -1,
    error: false,
    reason: "",
    policy: "",
    service: "default/api:80",
    source: "default/web",
    destination: "default/api1",
    route: "",
    requestId: "",
    attempts: 1,
    mtls: true,
    requestBytes: 0,
    responseBytes: 0,
    ...more,
  };
}
