/**
 * What a supervisor (`meshctl run`) and its sidecar say to each other over the inherited IPC channel
 * (never argv or environment: it carries a token). JSON values; both sides are ours and of one build.
 */

/** First message, supervisor to proxy. */
export interface Bootstrap {
  readonly kind: "bootstrap";
  /** `namespace/instance`. */
  readonly instance: string;
  readonly namespace: string;
  /** What the user named it: `meshctl run NAME`. */
  readonly workload: string;
  readonly serviceAccount: string;
  readonly trustDomain: string;
  /** PEM, one or more roots. */
  readonly trustBundle: string;
  /** Join token (JWT) for the first certificate. */
  readonly joinToken: string;
  /** `host:port` of discovery (mTLS gRPC) and of certificates (HTTPS). */
  readonly controller: { readonly discovery: string; readonly https: string };
  readonly inbound: readonly InboundListener[];
  readonly upstreams: readonly UpstreamListener[];
  /** Port of the HTTP_PROXY-style listener on 127.0.0.1; 0 picks one. */
  readonly outboundPort: number;
  /** Port of /livez /readyz /metrics … on 127.0.0.1; 0 picks one. */
  readonly adminPort: number;
  /** Memory-backed directory for last good configuration, key and leaf; null: hand it to the supervisor instead. */
  readonly savedDir: string | null;
  /** State handed back by the supervisor after a restart when `savedDir` is null. Base64 by file name. */
  readonly saved?: Readonly<Record<string, string>>;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  readonly drainMs: number;
  /** Processes that serve as this proxy; 1 when absent. */
  readonly concurrency?: number;
  /** Only from such a proxy to one of its processes: which it is, 1 … of. `late`: it opens its ports once it is ready. */
  readonly worker?: { readonly index: number; readonly of: number; readonly late: boolean };
  /** What the user set of the limits on what the proxy holds at a time; the rest are the proxy's own. */
  readonly limits?: ProxyLimits;
  /** Where the kernel redirects the application's connections to us, as in a pod; absent: nothing is redirected. */
  readonly captured?: CapturedTraffic;
  /** Scaled certificate lifetimes in tests; absent in normal life. */
  readonly leafTtlSeconds?: number;
}

/** Redirected connections: each comes with the address it was for. */
export interface CapturedTraffic {
  /** What the application opens; on loopback of both families. */
  readonly outboundPort: number;
  /** What others open to the application; on every address. */
  readonly inboundPort: number;
  /** This pod's own, IPv4 or IPv6: where the application is asked, never loopback. */
  readonly addresses: readonly string[];
}

/** All optional; see {@link Bootstrap.limits}. */
export interface ProxyLimits {
  readonly maxConnections?: number;
  readonly maxRequests?: number;
  readonly maxBufferedBytes?: number;
  readonly maxLagMs?: number;
}

/** One mTLS listener per served application port. */
export interface InboundListener {
  /** The application's port on loopback; the key of Inbound.ports. */
  readonly appPort: number;
  readonly protocol: "http" | "http2" | "grpc" | "tcp";
  /** 0 picks one; the same number again after a restart. Bound on `address`. */
  readonly listenPort: number;
  readonly address: string;
}

/** A loopback listener tied to one destination. */
export interface UpstreamListener {
  /** `namespace/service:port`. */
  readonly destination: string;
  readonly listenPort: number;
}

/**
 * Supervisor to proxy, after the bootstrap. `drain`: inbound ends as its calls end, outbound goes on; answered by
 * `drained` once nothing inbound is left or `drainMs` have passed. SIGTERM or the end of the channel end the proxy.
 * `controller`: it is elsewhere now; the fields are those of {@link Bootstrap.controller}.
 */
export type ToProxy =
  | Bootstrap
  | { readonly kind: "token"; readonly joinToken: string }
  | ({ readonly kind: "controller" } & Bootstrap["controller"])
  | { readonly kind: "drain" };

/** Proxy to supervisor. */
export type FromProxy =
  /** Every listener is bound; ports in the order of the bootstrap's lists. */
  | {
      readonly kind: "listening";
      readonly inbound: readonly number[];
      readonly upstreams: readonly number[];
      readonly outbound: number;
      readonly admin: number;
    }
  /** Has identity and its first configuration. */
  | { readonly kind: "ready" }
  | { readonly kind: "not-ready"; readonly reason: string }
  /** The leaf has expired: renewal by certificate is no longer possible. */
  | { readonly kind: "need-token" }
  /** Replaces one file of the saved state (only when `savedDir` is null). */
  | { readonly kind: "save"; readonly name: string; readonly base64: string }
  /** After `drain`: no inbound call is left, or its time is over. */
  | { readonly kind: "drained" }
  | { readonly kind: "fatal"; readonly message: string };
