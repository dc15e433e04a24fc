/**
 * The controller's HTTP API under /meshctl/v1, beside the Kubernetes-shaped resource API on the same
 * HTTPS port. Requests carry `Authorization: Bearer`; errors are Kubernetes Status objects.
 */
import type { ResourceType } from "../messages/names.ts";

export const API_PREFIX = "/meshctl/v1";

/** Paths, for server routing and client alike. `:x` is one URL-encoded segment. */
export const API = Object.freeze({
  /** GET → {@link ServerVersion} */
  VERSION: `${API_PREFIX}/version`,
  /** GET → {@link ProxyStatus}[] */
  PROXIES: `${API_PREFIX}/proxies`,
  /** GET → {@link ProxyStatus} with `resources` */
  PROXY: `${API_PREFIX}/proxies/:namespace/:instance`,
  /** GET with {@link TapQuery} as query string → NDJSON of {@link TapLine} */
  TAP: `${API_PREFIX}/tap`,
  /** GET with {@link StatQuery} as query string → {@link StatResponse} */
  STAT: `${API_PREFIX}/stat`,
  /** GET with {@link TraceQuery} as query string → {@link TraceList} */
  TRACES: `${API_PREFIX}/traces`,
  /** GET → {@link TraceDetail}. The first digits of an id do where no other begins so. */
  TRACE: `${API_PREFIX}/traces/:id`,
  /** POST {@link CertificateRequest} → {@link CertificateResponse}. Join token, current leaf, or admin. */
  CERTIFICATES: `${API_PREFIX}/certificates`,
  /** GET → {@link IssuedCertificate}[], newest first */
  ISSUED: `${API_PREFIX}/certificates/issued`,
  /** GET → {@link CaStatus} */
  CA: `${API_PREFIX}/ca`,
  /** POST → {@link CaStatus}: a new issuer, and every proxy renews. */
  CA_ROTATE_ISSUER: `${API_PREFIX}/ca/rotate-issuer`,
  /** POST {@link RotateRequest} → {@link RotateResponse} */
  ROTATE: `${API_PREFIX}/certificates/rotate`,
  /** GET → {@link TrustBundleResponse}; no authentication: roots are public. */
  TRUST: `${API_PREFIX}/trust`,
  /** POST {@link JoinTokenRequest} → {@link JoinTokenResponse} */
  JOIN_TOKENS: `${API_PREFIX}/join-tokens`,
});

export interface ServerVersion {
  readonly version: string;
  readonly node: string;
  readonly startedAt: string;
  readonly trustDomain: string;
  readonly discoveryPort: number;
}

/** SYNCED: last acknowledged is last sent. STALE: unacknowledged for over 5 s. NACK: last answer. NOT SENT: not subscribed. */
export type SyncState = "SYNCED" | "STALE" | "NACK" | "NOT SENT";

export interface ProxyStatus {
  readonly namespace: string;
  readonly instance: string;
  readonly workload: string;
  readonly identity: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  /** A workload whose proxy is not connected still stands in the list, with false. */
  readonly connected: boolean;
  readonly connectedSince: string | null;
  readonly certificate: { readonly serial: string; readonly notBefore: string; readonly notAfter: string } | null;
  readonly sync: Readonly<Record<ResourceType, SyncState>>;
  readonly nacks: readonly { readonly type: ResourceType; readonly name: string; readonly message: string; readonly at: string }[];
  readonly address: string;
  /** That serve as this proxy and are connected: more than one with `run --concurrency`. */
  readonly processes: number;
  /** Milliseconds the proxy's clock is ahead of the controller's, when it has said. */
  readonly clockSkewMs: number | null;
  /**
   * Whether it carries what it is asked for: `shedding` turns requests away, `shut` closes new connections too. `why` is a
   * sentence, counts are since its processes started. Null when it has not said.
   */
  readonly overload: {
    readonly state: "normal" | "shedding" | "shut";
    readonly why: string;
    readonly refusedRequests: number;
    readonly refusedConnections: number;
  } | null;
  /** Only for one proxy: what it subscribes to, with versions. */
  readonly resources?: readonly { readonly type: ResourceType; readonly name: string; readonly version: string; readonly acked: boolean }[];
}

/** Which proxies, and which of their requests. */
export interface TapQuery {
  readonly namespace: string;
  /** Exactly one of the two. */
  readonly service?: string;
  readonly workload?: string;
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly status?: string;
  readonly from?: string;
  readonly to?: string;
  readonly direction?: "inbound" | "outbound";
  readonly reason?: string;
  /** `name:value`, repeatable. */
  readonly header?: readonly string[];
  /** Events per second from each proxy, default 100. */
  readonly maxPerSecond?: number;
}

/** One line of the tap stream. */
export type TapLine =
  /** First line: the session stands. `proxies` were asked; `acknowledged` have it in force. */
  | { readonly type: "started"; readonly session: string; readonly proxies: number }
  | { readonly type: "event"; readonly event: TapRecord }
  | { readonly type: "dropped"; readonly count: number }
  | { readonly type: "error"; readonly message: string };

/** A tap event for people and scripts; stable field names. */
export interface TapRecord {
  readonly time: string;
  readonly proxy: string;
  readonly direction: "inbound" | "outbound";
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly service: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  readonly status: number;
  /** Null: not gRPC, or the call told none. */
  readonly grpcStatus: number | null;
  readonly latencyMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly mtls: boolean;
  readonly peerIdentity: string;
  readonly reason: string;
  readonly requestId: string;
  readonly route: string;
  readonly attempts: number;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseHeaders: Readonly<Record<string, string>>;
}

/** How far back the controller remembers traffic. */
export const STAT_WINDOW_SECONDS = 900;

/** Which traffic, of the last `seconds`. Names without a namespace are of `namespace`, else of `default`. */
export interface StatQuery {
  readonly kind: "service" | "workload" | "route";
  /** Absent: rows of every namespace; of routes, their services'. */
  readonly namespace?: string;
  readonly name?: string;
  /** Only what this workload sent: `name` or `namespace/name`. */
  readonly from?: string;
  /** Only what went to this service or workload; rows of kind workload are then those who sent it. */
  readonly to?: string;
  /** Default 60, at most {@link STAT_WINDOW_SECONDS}. */
  readonly seconds: number;
}

export interface StatResponse {
  /** Rates are per second of the time between the two: whole slots of 10 s, no longer than the controller has run. */
  readonly since: string;
  readonly until: string;
  /** What had traffic, by namespace and name. */
  readonly rows: readonly StatRow[];
}

/**
 * Traffic as its callers saw it: counted at the caller's proxy, or, when the caller has none, where it came
 * in. Null: nothing to tell it from.
 */
export interface StatRow {
  readonly namespace: string;
  /**
   * Of a route: its rule as `Kind/namespace/name rule N`, empty where no route was attached. Of callers outside the mesh,
   * all in one row: `-`, without a namespace.
   */
  readonly name: string;
  /** `namespace/service:port` a route stands before; null for other rows. */
  readonly service: string | null;
  /** Share (0–1) of requests and connections that went over mutual TLS. */
  readonly meshedShare: number | null;
  /** HTTP requests that ended. */
  readonly requests: number;
  /** Of those: answered, with a status under 500. */
  readonly successes: number;
  readonly successRate: number | null;
  readonly requestsPerSecond: number;
  /** Latencies of requests, each within 1.1 % of the exact value. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Requests by status; 0: no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** TCP connections that ended. */
  readonly tcpConnections: number;
  /** TCP connections that are open now. */
  readonly tcpOpen: number;
  /** TCP connections on which nobody spoke while a proxy waited to see whether they are HTTP. */
  readonly detectionTimeouts: number;
  /** Bytes of bodies and TCP connections, towards the server and back. */
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** How many traces a list may hold. */
export const MAX_TRACE_LIST = 1_000;

/** Which traces of those the controller remembers. Names without a namespace are of `namespace`, else of `default`. */
export interface TraceQuery {
  /** Absent: every namespace; else traces that came by one of its workloads or services. */
  readonly namespace?: string;
  /** Only with a request for this service. */
  readonly service?: string;
  /** Only with a request this workload sent or got. */
  readonly workload?: string;
  /** Only with an error. */
  readonly errors?: boolean;
  /** Only of at least this duration, from the first span's start to the last one's end. */
  readonly minDurationMs?: number;
  /** Only those that began to arrive in so many seconds until now. */
  readonly seconds?: number;
  /** Default 20, at most {@link MAX_TRACE_LIST}. */
  readonly limit?: number;
}

export interface TraceList {
  /** Newest first. */
  readonly traces: readonly TraceSummary[];
  /** All that are remembered, whatever was asked for. */
  readonly remembered: number;
}

/** A trace as far as its spans have come, told by its first span. */
export interface TraceSummary {
  /** 32 hex digits. */
  readonly traceId: string;
  readonly start: string;
  readonly durationMs: number;
  readonly spans: number;
  /** Spans with an error. */
  readonly errors: number;
  readonly first: TraceSpan;
}

export interface TraceDetail {
  readonly traceId: string;
  readonly start: string;
  readonly durationMs: number;
  /** By start. */
  readonly spans: readonly TraceSpan[];
}

/** One request at one proxy: outbound where it was sent, inbound where it was served. */
export interface TraceSpan {
  readonly spanId: string;
  /** Empty for the first. Spans of applications are not here, so a parent may be missing. */
  readonly parentSpanId: string;
  readonly direction: "inbound" | "outbound";
  readonly start: string;
  /** From the start of the trace. */
  readonly offsetMs: number;
  readonly durationMs: number;
  /** `namespace/workload`, or an address. */
  readonly source: string;
  readonly destination: string;
  /** `namespace/service:port`. */
  readonly service: string;
  readonly protocol: string;
  readonly method: string;
  readonly authority: string;
  readonly path: string;
  /** 0: no answer. */
  readonly status: number;
  readonly grpcStatus: number | null;
  /** No answer, a status of 500 or above, or a gRPC status that is the server's fault. */
  readonly error: boolean;
  readonly reason: string;
  readonly policy: string;
  readonly route: string;
  readonly requestId: string;
  readonly attempts: number;
  readonly mtls: boolean;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export interface CertificateRequest {
  /** PKCS#10, PEM. */
  readonly csr: string;
  /** Asked lifetime; bounded by the profile. */
  readonly ttlSeconds?: number;
  /** `namespace/instance` the certificate is for; absent for clients outside the mesh. */
  readonly instance?: string;
}

export interface CertificateResponse {
  /** PEM: leaf, then issuers up to but without the root. */
  readonly chain: string;
  /** PEM roots of the trust domain. */
  readonly trustBundle: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export interface IssuedCertificate {
  readonly identity: string;
  readonly instance: string;
  readonly serial: string;
  readonly issuedAt: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly issuer: string;
  readonly state: "current" | "superseded" | "expired";
  /** How the caller proved itself; `controller` is the controller's own serving certificate. */
  readonly via: "join-token" | "leaf" | "admin" | "controller";
}

export interface CaCertificate {
  readonly subject: string;
  readonly serial: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly fingerprintSha256: string;
}

export interface CaStatus {
  readonly trustDomain: string;
  readonly backend: string;
  readonly root: CaCertificate;
  readonly issuer: CaCertificate;
  readonly leafTtlSeconds: number;
  readonly issuerRotatesAt: string;
  readonly issued: { readonly current: number; readonly expiringWithin1h: number };
}

/** Exactly one of the two. */
export interface RotateRequest {
  /** `namespace/instance`. */
  readonly instance?: string;
  readonly all?: boolean;
}

export interface RotateResponse {
  readonly asked: readonly string[];
  readonly askedAt: string;
}

export interface TrustBundleResponse {
  readonly trustDomain: string;
  readonly pem: string;
}

export interface JoinTokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** `namespace/instance` the token is for. */
  readonly instance: string;
}

export interface JoinTokenResponse {
  readonly token: string;
  readonly expiresAt: string;
}
