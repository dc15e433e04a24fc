/** The header `grpc-timeout`: how long a call may take (gRPC over HTTP/2, "Requests", Timeout). */

export const GRPC_TIMEOUT = "grpc-timeout";

/** Up to eight digits and one unit. */
const TIMEOUT = /^([0-9]{1,8})([HMSmun])$/;

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** No value of eight digits is this large in its unit. */
const DIGITS_END = 100_000_000;

/** Milliseconds, also parts of one; 0: over already. NaN for what is no timeout: also two lines of it. */
export function parseGrpcTimeout(text: string): number {
  const parts = TIMEOUT.exec(text);
  if (parts === null) return Number.NaN;
  return Number(parts[1]) * (UNIT_MS[parts[2] as string] as number);
}

/** `ms` or less, never more, in the finest of the units from milliseconds up that holds it. */
export function formatGrpcTimeout(ms: number): string {
  if (ms < 1) return `${Math.max(0, Math.floor(ms * 1_000))}u`;
  if (ms < DIGITS_END) return `${Math.floor(ms)}m`;
  if (ms < DIGITS_END * 1_000) return `${Math.floor(ms / 1_000)}S`;
  if (ms < DIGITS_END * 60_000) return `${Math.floor(ms / 60_000)}M`;
  return `${Math.min(DIGITS_END - 1, Math.floor(ms / 3_600_000))}H`;
}
