import { DeltaDiscoveryRequest, type Node } from "../../messages/gen/envoy/service/discovery/v3/ads.ts";
import type { Authorise, DeliveryCounters, DeliveryStatus, Peer, ResourceSource, StreamLimits, Subscriber } from "./contract.ts";
import { encodeResponse } from "./encode.ts";
import { TypeSubscriptions } from "./subscriptions.ts";

/** As our own client names itself: `meshctl-proxy 1/2`. */
const PART = /^\S+ ([0-9]{1,3}\/[0-9]{1,3})$/;

/** Why a stream ends; `code` is a gRPC status. */
export interface StreamFault {
  readonly code: "INVALID_ARGUMENT" | "PERMISSION_DENIED" | "RESOURCE_EXHAUSTED";
  readonly message: string;
}

/** Names that became subscribed or stopped being so; the server keeps its index by them. */
export interface SubscriptionListener {
  subscribed(typeUrl: string, name: string): void;
  unsubscribed(typeUrl: string, name: string): void;
}

export interface DeltaStreamOptions {
  readonly peer: Peer;
  readonly source: ResourceSource;
  readonly authorise: Authorise;
  readonly limits: StreamLimits;
  /** Types sent before others when several wait, so that what routes point to is there first. */
  readonly order: readonly string[];
  readonly listener: SubscriptionListener;
  readonly counters: DeliveryCounters;
}

/** One delta ADS stream without its socket: requests in, encoded responses out. */
export class DeltaStream {
  readonly #options: DeltaStreamOptions;
  readonly #types = new Map<string, TypeSubscriptions>();
  #subscriber: Subscriber | null = null;
  #nonce = 0;

  constructor(options: DeltaStreamOptions) {
    this.#options = options;
  }

  /** Null before the first request was accepted. */
  get subscriber(): Subscriber | null {
    return this.#subscriber;
  }

  /** Takes in one encoded request; a fault ends the stream. */
  receive(message: Uint8Array, nowMs: number): StreamFault | null {
    let request: DeltaDiscoveryRequest;
    try {
      request = DeltaDiscoveryRequest.decode(message);
    } catch {
      return { code: "INVALID_ARGUMENT", message: "the request is not a DeltaDiscoveryRequest" };
    }
    return this.#identify(request.node) ?? this.#apply(request, nowMs);
  }

  touch(typeUrl: string, name: string): void {
    this.#types.get(typeUrl)?.touch(name);
  }

  /** The next encoded response, or null when nothing is to be said now. */
  take(nowMs: number): Uint8Array | null {
    for (const type of this.#inOrder()) {
      if (!type.pending) continue;
      const nonce = String(this.#nonce + 1);
      const delta = type.take(nonce, nowMs);
      if (delta === null) continue;
      this.#nonce += 1;
      const { counters } = this.#options;
      counters.responses += 1;
      counters.resources += delta.resources.length;
      counters.removals += delta.removed.length;
      const resources = delta.resources.map((resource) => resource.bytes);
      return encodeResponse({ typeUrl: type.typeUrl, nonce, resources, removed: delta.removed });
    }
    return null;
  }

  *status(): Iterable<DeliveryStatus> {
    for (const type of this.#types.values()) yield* type.status();
  }

  /** Types subscribed to, with the number of names. */
  subscriptions(): ReadonlyMap<string, number> {
    return new Map([...this.#types.values()].map((type) => [type.typeUrl, type.size]));
  }

  close(): void {
    for (const type of this.#types.values()) for (const name of type.names()) this.#options.listener.unsubscribed(type.typeUrl, name);
    this.#types.clear();
  }

  #identify(node: Node | undefined): StreamFault | null {
    if (this.#subscriber !== null) {
      // The public protocol lets a client repeat its node; it may not change it.
      if (node !== undefined && node.id !== "" && node.id !== this.#subscriber.id) {
        return { code: "INVALID_ARGUMENT", message: "the node id changed within the stream" };
      }
      return null;
    }
    if (node === undefined || node.id === "")
      return { code: "INVALID_ARGUMENT", message: "the first request must carry a node with an id" };
    const subscriber: Subscriber = Object.freeze({
      id: node.id,
      cluster: node.cluster,
      part: PART.exec(node.userAgentName)?.[1] ?? "",
      version: node.userAgentVersion,
      features: Object.freeze([...node.clientFeatures].slice(0, 32)),
      peer: this.#options.peer,
    });
    const refusal = this.#options.authorise(subscriber);
    if (refusal !== null) return { code: "PERMISSION_DENIED", message: refusal };
    this.#subscriber = subscriber;
    return null;
  }

  #apply(request: DeltaDiscoveryRequest, nowMs: number): StreamFault | null {
    const { limits, source, listener } = this.#options;
    let type = this.#types.get(request.typeUrl);
    if (type === undefined) {
      if (this.#types.size >= limits.maxTypes)
        return { code: "RESOURCE_EXHAUSTED", message: `more than ${limits.maxTypes} resource types` };
      const subscriber = this.#subscriber as Subscriber;
      type = new TypeSubscriptions(request.typeUrl, limits, (typeUrl, name) => source.lookup(typeUrl, name, subscriber));
      this.#types.set(request.typeUrl, type);
    }
    if (request.responseNonce !== "") {
      if (request.errorDetail === undefined) this.#options.counters.acks += 1;
      else this.#options.counters.nacks += 1;
    }
    const wrong = type.receive(request, nowMs);
    if (wrong !== null) return { code: "INVALID_ARGUMENT", message: `${request.typeUrl}: ${wrong}` };
    if (type.size > limits.maxSubscriptions) {
      return { code: "RESOURCE_EXHAUSTED", message: `more than ${limits.maxSubscriptions} subscriptions of one type` };
    }
    const again = new Set(request.resourceNamesSubscribe);
    for (const name of request.resourceNamesUnsubscribe) if (!again.has(name)) listener.unsubscribed(request.typeUrl, name);
    for (const name of again) listener.subscribed(request.typeUrl, name);
    return null;
  }

  #inOrder(): TypeSubscriptions[] {
    const rank = (type: TypeSubscriptions) => {
      const index = this.#options.order.indexOf(type.typeUrl);
      return index < 0 ? this.#options.order.length : index;
    };
    return [...this.#types.values()].sort((a, b) => rank(a) - rank(b));
  }
}
