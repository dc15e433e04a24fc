import type { ExchangeRecord } from "../contract.ts";
import { isGrpcFailure } from "../../telemetry/grpc-failures.ts";

/** A copy of what a record (which is reused) says of a sampled request. */
export interface FinishedSpan extends Readonly<Omit<ExchangeRecord, "requestHeaders" | "responseHeaders" | "peerIdentity">> {
  /** Unix milliseconds with fraction. */
  readonly startMs: number;
}

export function finishedSpan(record: ExchangeRecord, startMs: number): FinishedSpan {
  const { direction, protocol, startUnixMs, durationMs, method, authority, path, status, grpcStatus, requestBytes, responseBytes } = record;
  const { mtls, reason, policy, requestId, traceId, spanId, parentSpanId, service, routeLabel, source, destination } = record;
  const { sourceAddress, destinationAddress, attempts } = record;
  return {
    direction,
    protocol,
    startUnixMs,
    durationMs,
    method,
    authority,
    path,
    status,
    grpcStatus,
    requestBytes,
    responseBytes,
    mtls,
    reason,
    policy,
    requestId,
    traceId,
    spanId,
    parentSpanId,
    service,
    routeLabel,
    source,
    destination,
    sourceAddress,
    destinationAddress,
    attempts,
    startMs,
  };
}

/** What went wrong, as `error.type` says it; empty: nothing. A caller's own mistake (4xx) is no error of the hop. */
export function errorType({ status, grpcStatus, reason }: Pick<FinishedSpan, "status" | "grpcStatus" | "reason">): string {
  if (status === 0) return reason === "" ? "no-answer" : reason;
  if (status >= 500) return String(status);
  return isGrpcFailure(grpcStatus) ? String(grpcStatus) : "";
}
