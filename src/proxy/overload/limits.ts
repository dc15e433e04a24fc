/** What one proxy may hold at a time, over all its listeners (design: a limit for everything). */
export interface OverloadLimits {
  /** Accepted connections, from callers and from the application together. */
  readonly maxConnections: number;
  /** Requests under way. */
  readonly maxRequests: number;
  /** Bytes waiting in this process for somebody to read them. */
  readonly maxBufferedBytes: number;
  /** A request that waits longer than this for the event loop is one too many. */
  readonly maxLagMs: number;
}

export const DEFAULT_OVERLOAD_LIMITS: OverloadLimits = Object.freeze({
  maxConnections: 10_000,
  maxRequests: 16 * 1_024,
  maxBufferedBytes: 256 * 1_024 * 1_024,
  maxLagMs: 500,
});

/** The share of one of `processes` that serve as one proxy. Lag is no amount: it stays. */
export function shareOf(limits: OverloadLimits, processes: number): OverloadLimits {
  const part = (total: number): number => Math.max(1, Math.ceil(total / processes));
  return {
    maxConnections: part(limits.maxConnections),
    maxRequests: part(limits.maxRequests),
    maxBufferedBytes: part(limits.maxBufferedBytes),
    maxLagMs: limits.maxLagMs,
  };
}
