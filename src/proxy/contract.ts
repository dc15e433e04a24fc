/**
 * The seams inside the proxy: the HTTP engine (http1, pool, inbound, outbound) on one side, and what
 * gives it connections and configuration (tls, tcp, runtime, tap) on the other. src/main/proxy.ts and
 * src/proxy/runtime wire them.
 */
import type { Socket } from "node:net";
import type { Balancer, EndpointState, InboundStack, OutboundStack } from "../decide/contract.ts";
import type { ReasonCode } from "../messages/reasons.ts";
import type { Source } from "../policies/contract.ts";

/** A connection ready for its application protocol: plain, or mutual TLS with the peer verified. */
export interface Transport {
  /** net.Socket, or tls.TLSSocket after handshake and identity check. */
  readonly socket: Socket;
  /** SPIFFE id of the peer; empty on plaintext. */
  readonly peerIdentity: string;
  readonly mtls: boolean;
  /** Negotiated ALPN (`meshctl/h1` …) or empty. */
  readonly alpn: string;
  /**
   * True once no new request may start on it (either leaf ends soon, trust changed): finish what is under
   * way, say `Connection: close`, do not pool it again. Changes while the connection lives: read it per request.
   */
  readonly retired?: boolean;
  /** When its first byte came (monotonic), where somebody looked at it before; absent or -1: nothing has come. */
  readonly beganMs?: number;
  /** Ends the TCP connection with a reset, under TLS too (TLSSocket.resetAndDestroy throws); absent: destroy or reset the socket. */
  reset?(): void;
}

/** Opens connections to endpoints: TLS, identity check and connect deadline inside (src/proxy/tls). */
export interface Dialer {
  /** Calls exactly one of the two, asynchronously. `want` is the protocol the caller will speak on it. */
  dial(
    state: EndpointState,
    want: "http" | "tcp",
    up: (transport: Transport) => void,
    failed: (reason: ReasonCode, message: string) => void,
  ): void;
}

/** Configuration in force (src/proxy/runtime). Lookups are synchronous; the hot path makes no promise. */
export interface ConfigView {
  /** Destination `namespace/service:port`; undefined when not subscribed or not yet there. */
  outbound(destination: string): OutboundStack | undefined;
  /**
   * Subscribes on first use and calls back when it is there, or after 1 s at most: with the stack, or with
   * `no-config` (controller away) or `unknown-destination` (it said so).
   */
  resolveOutbound(destination: string, done: (stack: OutboundStack | null, reason: ReasonCode | null) => void): void;
  balancer(endpointsName: string): Balancer | undefined;
  /** By the workload's own port. */
  inbound(appPort: number): InboundStack | undefined;
  /** This workload, as a caller. */
  readonly self: Source;
  /** Full `host[:port]` in an Authority or target → `namespace/service:port`, or null when it cannot be a mesh name. */
  destinationOf(authority: string): string | null;
}

/** What observers (tap, metrics, access log) get at the end of each request or TCP connection. Reused: copy what you keep. */
export interface ExchangeRecord {
  direction: "inbound" | "outbound";
  protocol: "http/1.0" | "http/1.1" | "http/2" | "grpc" | "tcp";
  startUnixMs: number;
  durationMs: number;
  method: string;
  authority: string;
  path: string;
  /** 0: no answer. */
  status: number;
  /** `grpc-status` of the answer; -1 when the call is not gRPC or told none. */
  grpcStatus: number;
  requestBytes: number;
  responseBytes: number;
  mtls: boolean;
  peerIdentity: string;
  /** Empty when the upstream answered. */
  reason: ReasonCode | "";
  /** Which policy made the reply, when one did. */
  policy: string;
  requestId: string;
  /** W3C ids, lower-case hex, of a request that is traced and sampled; else all three empty. A root has no parent. */
  traceId: string;
  spanId: string;
  parentSpanId: string;
  /** `namespace/service:port`. */
  service: string;
  routeLabel: string;
  /** `namespace/workload` or address. */
  source: string;
  destination: string;
  sourceAddress: string;
  destinationAddress: string;
  attempts: number;
  /** Raw header lines of head as name/value pairs, only while {@link Observer.wantsHeaders}; else empty. */
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
}

export interface Observer {
  /** False: the engine does not bother to collect headers. */
  readonly wantsHeaders: boolean;
  /** False: nobody looks at single requests, only at how many there are. */
  readonly wantsDetails: boolean;
  ended(record: ExchangeRecord): void;
}

/** Limits of design section 13 and reliability.md "Defaults". */
export interface Limits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderLines: number;
  readonly maxTargetBytes: number;
  readonly headerDeadlineMs: number;
  readonly idleConnectionMs: number;
  readonly idleStreamMs: number;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxHeaderBytes: 16 * 1024,
  maxHeaderLines: 100,
  maxTargetBytes: 8 * 1024,
  headerDeadlineMs: 10_000,
  idleConnectionMs: 60_000,
  idleStreamMs: 3_600_000,
  connectTimeoutMs: 1_000,
  maxConnections: 10_000,
});

/** An HTTP server side on a given connection; made by proxy/inbound or proxy/outbound. */
export interface HttpServerSide {
  /** Takes over the socket; bytes already read stand in front (they were unshifted). */
  serve(transport: Transport): void;
  /** `Connection: close` from now on, idle connections end; calls back when none is left. */
  drain(done: () => void): void;
  readonly activeRequests: number;
  readonly openConnections: number;
}
