import type { EncodedResource } from "../resource.ts";

/** The mesh certificate behind a connection, verified. Times are Unix milliseconds. */
export interface Peer {
  /** SPIFFE id. */
  readonly identity: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** `ip:port` */
  readonly address: string;
}

/** A proxy with a stream: what it says of itself (checked by {@link Authorise}) and what its certificate proves. */
export interface Subscriber {
  /** `namespace/instance` */
  readonly id: string;
  /** `namespace/workload` as the proxy says. */
  readonly cluster: string;
  /** Which of several processes that are one proxy, such as `1/2`; empty for one alone. */
  readonly part: string;
  readonly version: string;
  readonly features: readonly string[];
  readonly peer: Peer;
}

/** Null lets the subscriber in; text refuses it (PERMISSION_DENIED). */
export type Authorise = (subscriber: Subscriber) => string | null;

/** Where resources come from. Synchronous and cheap: compiled on demand, cached. */
export interface ResourceSource {
  /** By canonical name or alias, as this subscriber sees it; null when it does not exist. */
  lookup(typeUrl: string, name: string, subscriber: Subscriber): EncodedResource | null;
}

/** What happened to one resource on one stream. */
export interface DeliveryStatus {
  readonly typeUrl: string;
  /** Canonical name, or the subscribed one while nothing exists under it. */
  readonly name: string;
  /** Last sent; empty: told that it does not exist. */
  readonly version: string;
  /** Last acknowledged; null: none yet. */
  readonly acked: string | null;
  /** Clock.nowMs of the last sending. */
  readonly sentAtMs: number;
  /** Set while the last answer about it was a refusal. */
  readonly nack: { readonly message: string; readonly atMs: number } | null;
}

/** Hard limits of one stream; what breaks them ends it. */
export interface StreamLimits {
  readonly maxSubscriptions: number;
  readonly maxTypes: number;
  readonly maxNameLength: number;
  /** Responses of one type that may be unanswered; changes gather meanwhile. */
  readonly maxUnanswered: number;
  /** A response is closed when it exceeds this; one larger resource still goes alone. */
  readonly responseBytes: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = Object.freeze({
  maxSubscriptions: 12_000,
  maxTypes: 16,
  maxNameLength: 512,
  maxUnanswered: 32,
  responseBytes: 512 * 1024,
});

/** Monotonic counts of one server since its start. */
export interface DeliveryCounters {
  responses: number;
  /** Resources sent, removals not counted. */
  resources: number;
  removals: number;
  acks: number;
  nacks: number;
  /** Connections refused before HTTP/2. */
  refused: number;
}
