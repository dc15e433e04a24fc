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
  /** Milliseconds the proxy's clock is ahead of the controller's, when it has said. */
  readonly clockSkewMs: number | null;
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
