/**
 * The discovery client as its user sees it: subscribe to named resources, apply what arrives, say
 * what cannot be applied. Generic over the payload: names, versions and bytes are all it knows.
 */
import type { PeerCertificate, SecureContext } from "node:tls";

/** A resource as sent; `bytes` is the payload of its `Any`, not copied: keep it, do not change it. */
export interface ReceivedResource {
  /** Canonical name; may differ from the subscribed one, which then stands in `aliases`. */
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly bytes: Uint8Array;
}

/** One response of the server, or a part of it: everything concerns one type. */
export interface ResourceUpdate {
  readonly typeUrl: string;
  readonly resources: readonly ReceivedResource[];
  /** Names that do not exist (any more): told of an unknown name, this is the answer. */
  readonly removed: readonly string[];
}

/** A resource that was not applied: its last good version stays in force and the server is told why. */
export interface Rejection {
  readonly name: string;
  readonly message: string;
}

/** What one TLS connection to the controller needs; made anew for each attempt, so renewed leaves and roots take effect. */
export interface ClientTls {
  /** Own key and chain, and the roots to accept. */
  readonly secureContext: SecureContext;
  /** Second verification after Node's own: SPIFFE id and chain. An error refuses the connection. */
  verifyServer(certificate: PeerCertificate): Error | undefined;
}

/** How the client introduces itself (envoy.config.core.v3.Node). */
export interface ClientNode {
  /** `namespace/instance` */
  readonly id: string;
  /** `namespace/workload` */
  readonly cluster: string;
  /** Which of several processes that are one proxy, such as `1/2`; absent for one alone. */
  readonly part?: string;
  /** Semver without a leading v. */
  readonly version: string;
  /** For example `meshctl/h1`. */
  readonly features: readonly string[];
}

/** Why there is no stream, or that there is one. `waiting-for-identity`: {@link DiscoveryClientOptions.tls} gave null. */
export type ConnectionState = "connected" | "connecting" | "disconnected" | "waiting-for-identity" | "closed";

export interface DiscoveryClientOptions {
  /** `host:port`, read at each attempt. */
  address(): string;
  /** Null while there is no identity yet: call {@link DiscoveryClient.reconnect} when there is. */
  tls(): ClientTls | null;
  readonly node: ClientNode;
  /** Applies what it can and returns the rest with reasons: the ACK, or the NACK with `RejectedResource` details. Called in order, never concurrently. */
  apply(update: ResourceUpdate): readonly Rejection[];
  /** `detail` is why the last stream ended, for logs; empty when connected. */
  onState?(state: ConnectionState, detail: string): void;
}

/** A client-streaming call on the same connection (telemetry). */
export interface UpStream {
  /** False: not taken because the connection is saturated or gone; drop or keep, never wait. */
  send(message: Uint8Array): boolean;
  end(): void;
}

export interface DiscoveryClient {
  /**
   * Idempotent. `knownVersion` names a version already in hand (saved configuration): the server then
   * only sends something newer, or that it is gone.
   */
  subscribe(typeUrl: string, name: string, knownVersion?: string): void;
  unsubscribe(typeUrl: string, name: string): void;
  /** Asks again for names already subscribed; always answered. */
  resubscribe(typeUrl: string, names: readonly string[]): void;
  /** Version last applied, for saving; undefined when none is. */
  appliedVersion(typeUrl: string, name: string): string | undefined;
  readonly state: ConnectionState;
  /** Opens `path` on the present connection; null when there is none. `onEnd` is called once. */
  openUpStream(path: string, onEnd: (detail: string) => void): UpStream | null;
  /** Connects now instead of after the back-off; with a live stream, replaces it (the leaf was renewed). */
  reconnect(): void;
  close(): void;
}
