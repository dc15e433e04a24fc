/**
 * What one stream wants of one type, and what it has been told. Pure: requests go in, the next response
 * comes out (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol, incremental variant).
 */
import { TYPE_URL } from "../../messages/names.ts";
import { RejectedResource } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { DeltaDiscoveryRequest, Status } from "../../messages/gen/envoy/service/discovery/v3/ads.ts";
import type { EncodedResource } from "../resource.ts";
import type { DeliveryStatus, StreamLimits } from "./contract.ts";

/** Sent resource, by canonical name. `version` empty: told that it does not exist. */
interface Delivery {
  version: string;
  acked: string | null;
  sentAtMs: number;
  nack: { message: string; atMs: number } | null;
}

interface Subscription {
  /** Name the resource has; null while nothing exists under the subscribed one. */
  canonical: string | null;
  told: "nothing" | "present" | "absent";
}

/** The content of one response. */
export interface Delta {
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
}

export class TypeSubscriptions {
  readonly typeUrl: string;
  readonly #limits: StreamLimits;
  readonly #lookup: (typeUrl: string, name: string) => EncodedResource | null;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #deliveries = new Map<string, Delivery>();
  /** Subscribed names to look at again. */
  readonly #dirty = new Set<string>();
  /** Of these, the ones to answer even when nothing changed. */
  readonly #owed = new Set<string>();
  /** Names a reconnecting client still holds without subscribing to them. */
  readonly #orphans = new Set<string>();
  /** Responses without an answer yet, by nonce: canonical name → version. */
  readonly #unanswered = new Map<string, ReadonlyMap<string, string>>();
  /** How many subscriptions under another name lead to a canonical one. */
  readonly #aliased = new Map<string, number>();
  #started = false;

  constructor(typeUrl: string, limits: StreamLimits, lookup: (typeUrl: string, name: string) => EncodedResource | null) {
    this.typeUrl = typeUrl;
    this.#limits = limits;
    this.#lookup = lookup;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  names(): Iterable<string> {
    return this.#subscriptions.keys();
  }

  /**
   * Takes in one request. Returns what is wrong with it, or null. Subscription changes count whatever
   * the nonce says; only the acknowledgement part of a stale one is ignored.
   */
  receive(request: DeltaDiscoveryRequest, nowMs: number): string | null {
    const initial = Object.entries(request.initialResourceVersions);
    if (request.resourceNamesSubscribe.includes("*")) return "wildcard subscriptions are not served for this type";
    if (!this.#started && request.resourceNamesSubscribe.length === 0 && initial.length === 0) {
      // An empty first request means wildcard in the public protocol.
      return "the first request of a type must name what it subscribes to";
    }
    const names = [...request.resourceNamesSubscribe, ...initial.map(([name]) => name)];
    const tooLong = names.find((name) => name === "" || name.length > this.#limits.maxNameLength);
    if (tooLong !== undefined) return `a resource name is empty or over ${this.#limits.maxNameLength} characters`;
    if (initial.length > this.#limits.maxSubscriptions) return "too many initial resource versions";

    this.#answered(request, nowMs);
    if (!this.#started) this.#remember(initial, nowMs);
    this.#started = true;
    for (const name of request.resourceNamesUnsubscribe) this.#unsubscribe(name);
    for (const name of request.resourceNamesSubscribe) this.#subscribe(name);
    return null;
  }

  /** The resource under `name` may have changed, appeared or gone. */
  touch(name: string): void {
    if (this.#subscriptions.has(name)) this.#dirty.add(name);
  }

  /** True when {@link take} has something to look at and may send it. */
  get pending(): boolean {
    return (this.#dirty.size > 0 || this.#orphans.size > 0) && this.#unanswered.size < this.#limits.maxUnanswered;
  }

  /** The next response, or null when nothing differs from what the client was told. Always the latest version of each name. */
  take(nonce: string, nowMs: number): Delta | null {
    if (!this.pending) return null;
    const resources = new Map<string, EncodedResource>();
    const removed = new Set<string>();
    let bytes = 0;
    for (const name of this.#dirty) {
      if (bytes >= this.#limits.responseBytes) break;
      this.#dirty.delete(name);
      const owed = this.#owed.delete(name);
      const subscription = this.#subscriptions.get(name);
      if (subscription === undefined) continue;
      const found = this.#lookup(this.typeUrl, name);
      const before = subscription.canonical;
      this.#point(name, subscription, found?.name ?? null);
      if (before !== null && before !== found?.name) this.#leave(before, name, removed);
      if (found === null) {
        if (owed || subscription.told !== "absent") removed.add(name);
        subscription.told = "absent";
      } else {
        if (before === null && name !== found.name) this.#deliveries.delete(name);
        if (owed || this.#deliveries.get(found.name)?.version !== found.version) {
          if (!resources.has(found.name)) bytes += found.bytes.byteLength;
          resources.set(found.name, found);
        }
        subscription.told = "present";
      }
    }
    if (this.#dirty.size === 0) this.#settleOrphans(removed);
    for (const name of resources.keys()) removed.delete(name);
    if (resources.size === 0 && removed.size === 0) return null;
    this.#sent(nonce, resources, removed, nowMs);
    return { resources: [...resources.values()], removed: [...removed] };
  }

  /** One entry per resource this stream was told of. */
  *status(): Iterable<DeliveryStatus> {
    for (const [name, delivery] of this.#deliveries) yield { typeUrl: this.typeUrl, name, ...delivery };
  }

  #subscribe(name: string): void {
    const known = this.#subscriptions.get(name);
    if (known === undefined) {
      const held = this.#orphans.delete(name);
      this.#subscriptions.set(name, { canonical: null, told: held ? "present" : "nothing" });
      // With a version in hand the client needs an answer only when it is no longer the right one.
      if (!held) this.#owed.add(name);
    } else {
      this.#owed.add(name);
    }
    this.#dirty.add(name);
  }

  #unsubscribe(name: string): void {
    const subscription = this.#subscriptions.get(name);
    if (subscription === undefined) return;
    const held = subscription.canonical ?? name;
    this.#point(name, subscription, null);
    this.#subscriptions.delete(name);
    this.#dirty.delete(name);
    this.#owed.delete(name);
    if (!this.#referenced(held)) this.#deliveries.delete(held);
    if (!this.#referenced(name)) this.#deliveries.delete(name);
  }

  #remember(initial: readonly (readonly [string, string])[], nowMs: number): void {
    for (const [name, version] of initial) {
      this.#deliveries.set(name, { version, acked: version, sentAtMs: nowMs, nack: null });
      this.#orphans.add(name);
    }
  }

  /** A held name nobody subscribes to is told gone when it is, and forgotten in any case. */
  #settleOrphans(removed: Set<string>): void {
    for (const name of this.#orphans) {
      if (this.#referenced(name)) continue;
      if (this.#lookup(this.typeUrl, name) === null) removed.add(name);
      this.#deliveries.delete(name);
    }
    this.#orphans.clear();
  }

  /** `canonical` is no longer what `name` stands for: gone, unless another subscription leads to it. */
  #leave(canonical: string, name: string, removed: Set<string>): void {
    if (this.#referenced(canonical)) return;
    this.#deliveries.delete(canonical);
    if (canonical !== name) removed.add(canonical);
  }

  #referenced(canonical: string): boolean {
    return this.#subscriptions.has(canonical) || this.#aliased.has(canonical);
  }

  #point(name: string, subscription: Subscription, canonical: string | null): void {
    const before = subscription.canonical;
    subscription.canonical = canonical;
    if (before === canonical) return;
    if (before !== null && before !== name) {
      const left = (this.#aliased.get(before) ?? 1) - 1;
      if (left > 0) this.#aliased.set(before, left);
      else this.#aliased.delete(before);
    }
    if (canonical !== null && canonical !== name) this.#aliased.set(canonical, (this.#aliased.get(canonical) ?? 0) + 1);
  }

  #sent(nonce: string, resources: ReadonlyMap<string, EncodedResource>, removed: ReadonlySet<string>, nowMs: number): void {
    const content = new Map<string, string>();
    for (const resource of resources.values()) content.set(resource.name, resource.version);
    for (const name of removed) content.set(name, "");
    for (const [name, version] of content) {
      const delivery = this.#deliveries.get(name);
      if (delivery === undefined) this.#deliveries.set(name, { version, acked: null, sentAtMs: nowMs, nack: null });
      else Object.assign(delivery, { version, sentAtMs: nowMs });
    }
    this.#unanswered.set(nonce, content);
  }

  #answered(request: DeltaDiscoveryRequest, nowMs: number): void {
    const content = this.#unanswered.get(request.responseNonce);
    if (content === undefined) return;
    this.#unanswered.delete(request.responseNonce);
    const refused = request.errorDetail === undefined ? null : refusals(request.errorDetail, content);
    for (const [name, version] of content) {
      const delivery = this.#deliveries.get(name);
      if (delivery === undefined) continue;
      const message = refused?.get(name);
      if (message !== undefined) {
        delivery.nack = { message, atMs: nowMs };
        continue;
      }
      delivery.acked = version;
      delivery.nack = null;
      if (version === "" && delivery.version === "" && !this.#subscriptions.has(name)) this.#deliveries.delete(name);
    }
  }
}

/** Who is refused: the names in `details`; without any (a foreign client), everything of that response. */
function refusals(error: Status, content: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const refused = new Map<string, string>();
  for (const detail of error.details) {
    if (detail.typeUrl !== TYPE_URL.REJECTED) continue;
    try {
      const { name, message } = RejectedResource.decode(detail.value);
      refused.set(name, bounded(message || error.message));
    } catch {
      // An unreadable detail names nothing.
    }
  }
  if (refused.size === 0) for (const name of content.keys()) refused.set(name, bounded(error.message || "refused without a reason"));
  return refused;
}

/** NACK texts come from a proxy and stand in status: bounded. */
function bounded(message: string): string {
  return message.length > 1024 ? `${message.slice(0, 1023)}…` : message;
}
