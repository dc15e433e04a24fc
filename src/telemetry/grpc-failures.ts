/** What the OpenTelemetry conventions call a gRPC server's errors: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const FAILURES: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/** `grpcStatus` -1: the call was not gRPC, or told none. A caller's own mistake is no failure of the service. */
export function isGrpcFailure(grpcStatus: number): boolean {
  return FAILURES.has(grpcStatus);
}
