import { isIP } from "node:net";
import type { Balancer, EndpointState, InboundStack, OutboundStack } from "../../decide/contract.ts";
import { compileInbound } from "../../decide/inbound.ts";
import { compileOutbound } from "../../decide/outbound.ts";
import type { DiscoveryClient, ReceivedResource, Rejection, ResourceUpdate } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import { Endpoints, Inbound, Outbound, ProxyConfig, Trust } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../../messages/names.ts";
import type { Source } from "../../policies/contract.ts";
import type { ConfigView } from "../contract.ts";
import type { TrustView } from "../tls/credentials.ts";
import { destinationOf } from "./destination.ts";
import { EndpointsTable } from "./endpoints-table.ts";
import { OutboundEntry, type Resolved } from "./outbound-entry.ts";
import { ResourceCache } from "./resource-cache.ts";
import { compileTrust } from "./trust.ts";

export interface ConfigurationOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** `namespace/instance`. */
  readonly instance: string;
  readonly trustDomain: string;
  readonly self: Source;
  /** Connections to these may end: they are endpoints of nothing any more. */
  endpointsLeft(states: readonly EndpointState[]): void;
  trustChanged(trust: TrustView): void;
  proxyConfigChanged(config: ProxyConfig): void;
  /** The first Inbound resource, or a later one, is in force. */
  inboundChanged(): void;
  /** Something that is saved is different now. */
  changed(): void;
}

/** The subscriptions of a discovery client, as far as configuration needs them. */
export type Subscriptions = Pick<DiscoveryClient, "subscribe" | "unsubscribe">;

const RESOLVE_MS = 1_000;
const MAKE_BEFORE_BREAK_MS = 5_000;
const SWEEP_MS = 30_000;
/** Sweeps without use after which a destination is dropped: 10 minutes. Unknown ones go at the first. */
const IDLE_SWEEPS = 20;
const MAX_DESTINATIONS = 10_000;
const ANY_PORT = 0;

/**
 * What the proxy runs on: subscribes to what traffic asks for, compiles what arrives, and swaps it in. A
 * resource that cannot be compiled is refused and its predecessor stays in force.
 */
export class Configuration implements ConfigView {
  readonly self: Source;
  readonly resources: ResourceCache;
  readonly #options: ConfigurationOptions;
  readonly #endpoints: EndpointsTable;
  /** In the order of last use, as sweeps see it. */
  readonly #outbounds = new Map<string, OutboundEntry>();
  readonly #idleSweeps = new WeakMap<OutboundEntry, number>();
  #inbounds: ReadonlyMap<number, InboundStack> | null = null;
  #subscriptions: Subscriptions | null = null;
  #sweepTimer: Timer | null = null;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.self = options.self;
    this.resources = new ResourceCache(options.changed);
    const { clock, random } = options;
    this.#endpoints = new EndpointsTable({ clock, random, left: (states) => options.endpointsLeft(states) });
  }

  /** Subscribes what every proxy needs, and what was restored, with the versions in hand. */
  start(subscriptions: Subscriptions): void {
    this.#subscriptions = subscriptions;
    const { instance, trustDomain, clock } = this.#options;
    this.#subscribe(TYPE_URL.TRUST, trustDomain);
    this.#subscribe(TYPE_URL.INBOUND, instance);
    this.#subscribe(TYPE_URL.PROXY_CONFIG, instance);
    for (const name of this.#outbounds.keys()) this.#subscribe(TYPE_URL.OUTBOUND, name);
    for (const name of this.#endpoints.names()) this.#subscribe(TYPE_URL.ENDPOINTS, name);
    this.#sweepTimer = clock.setTimer(this.#sweep, SWEEP_MS, { unref: true });
  }

  close(): void {
    this.#sweepTimer?.cancel();
    this.#subscriptions = null;
  }

  /** The last good Inbound has come, now or before a restart. */
  get hasInbound(): boolean {
    return this.#inbounds !== null;
  }

  get destinations(): readonly OutboundEntry[] {
    return [...this.#outbounds.values()];
  }

  /** Port 0 of the resource speaks for every port it does not name. */
  inbound(appPort: number): InboundStack | undefined {
    return this.#inbounds?.get(appPort) ?? this.#inbounds?.get(ANY_PORT);
  }

  outbound(destination: string): OutboundStack | undefined {
    const entry = this.#outbounds.get(destination);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.active ?? undefined;
  }

  balancer(endpointsName: string): Balancer | undefined {
    return this.#endpoints.balancer(endpointsName);
  }

  destinationOf(authority: string): string | null {
    return destinationOf(authority, this.self.namespace, this.#options.trustDomain);
  }

  resolveOutbound(destination: string, done: Resolved): void {
    const entry = this.#entry(destination, false);
    entry.used = true;
    if (entry.active !== null) return done(entry.active, null);
    if (entry.removed) return done(null, "unknown-destination");
    entry.wait(done);
    this.#options.clock.setTimer(
      () => {
        if (!entry.stopWaiting(done)) return;
        // Its routes are known, the endpoints of some backend are not: better than nothing.
        if (entry.pending !== null) this.#activate(entry);
        done(entry.active, entry.active === null ? "no-config" : null);
      },
      RESOLVE_MS,
      { unref: true },
    );
  }

  /** A listener is tied to `destination`: subscribed from the start, never dropped. */
  pin(destination: string): void {
    this.#entry(destination, true);
  }

  /** Puts saved resources in force, before {@link start}. What this build cannot compile is left out. */
  restore(saved: Iterable<readonly [typeUrl: string, resource: ReceivedResource]>): void {
    const byType = new Map<string, ReceivedResource[]>();
    for (const [typeUrl, resource] of saved) byType.set(typeUrl, [...(byType.get(typeUrl) ?? []), resource]);
    for (const resource of byType.get(TYPE_URL.OUTBOUND) ?? []) {
      for (const name of [resource.name, ...resource.aliases.filter(isAddress)]) this.#entry(name, false);
    }
    // Outbound before Endpoints: it says which of those are wanted.
    for (const typeUrl of [TYPE_URL.TRUST, TYPE_URL.INBOUND, TYPE_URL.PROXY_CONFIG, TYPE_URL.OUTBOUND, TYPE_URL.ENDPOINTS]) {
      this.apply({ typeUrl, resources: byType.get(typeUrl) ?? [], removed: [] });
    }
  }

  /** For {@link DiscoveryClientOptions.apply}, and for restoring what was saved. */
  apply(update: ResourceUpdate): readonly Rejection[] {
    const rejections: Rejection[] = [];
    for (const resource of update.resources) {
      try {
        this.#applyOne(update.typeUrl, resource);
        this.resources.set(update.typeUrl, resource);
      } catch (error) {
        rejections.push({ name: resource.name, message: messageOf(error) });
      }
    }
    for (const name of update.removed) this.#removeOne(update.typeUrl, name);
    return rejections;
  }

  #applyOne(typeUrl: string, resource: ReceivedResource): void {
    const { bytes } = resource;
    switch (typeUrl) {
      case TYPE_URL.TRUST:
        this.#options.trustChanged(compileTrust(Trust.decode(bytes)));
        break;
      case TYPE_URL.PROXY_CONFIG:
        this.#options.proxyConfigChanged(ProxyConfig.decode(bytes));
        break;
      case TYPE_URL.INBOUND:
        this.#inbounds = new Map(Inbound.decode(bytes).ports.map((port) => [port.port, compileInbound(port)]));
        this.#options.inboundChanged();
        break;
      case TYPE_URL.OUTBOUND:
        this.#applyOutbound(resource);
        break;
      case TYPE_URL.ENDPOINTS:
        this.#applyEndpoints(resource.name, Endpoints.decode(bytes));
        break;
      default:
        throw new Error(`this proxy does not know ${typeUrl}`);
    }
  }

  /** Inbound, Trust and ProxyConfig stay: losing them must not open or close a door. */
  #removeOne(typeUrl: string, name: string): void {
    if (typeUrl === TYPE_URL.ENDPOINTS) {
      this.#endpoints.update(name, []);
      this.#checkPending();
      this.resources.delete(typeUrl, name);
    }
    if (typeUrl !== TYPE_URL.OUTBOUND) return;
    this.resources.delete(typeUrl, name);
    const entry = this.#outbounds.get(name);
    if (entry === undefined) return;
    entry.removed = true;
    entry.active = null;
    entry.pending = null;
    entry.pendingTimer?.cancel();
    entry.answer(null, "unknown-destination");
    this.#dropUnusedEndpoints();
  }

  /** One service may be asked for by its name and by its address. */
  #applyOutbound(resource: ReceivedResource): void {
    const stack = compileOutbound(resource.name, Outbound.decode(resource.bytes));
    for (const name of [resource.name, ...resource.aliases]) {
      const entry = this.#outbounds.get(name);
      // Without one: on its way while it was given up.
      if (entry !== undefined) this.#swapIn(entry, stack);
    }
  }

  #swapIn(entry: OutboundEntry, stack: OutboundStack): void {
    entry.removed = false;
    entry.pending = stack;
    entry.pendingTimer?.cancel();
    for (const endpoints of stack.endpointNames) this.#wantEndpoints(endpoints);
    if (this.#isComplete(stack)) this.#activate(entry);
    else entry.pendingTimer = this.#options.clock.setTimer(() => this.#activate(entry), MAKE_BEFORE_BREAK_MS, { unref: true });
  }

  #applyEndpoints(name: string, message: Endpoints): void {
    for (const [index, endpoint] of message.endpoints.entries()) {
      if (endpoint.port < 1 || endpoint.port > 65_535) throw new Error(`endpoint ${index}: port ${endpoint.port} is not in 1-65535`);
    }
    this.#endpoints.update(name, message.endpoints);
    this.#checkPending();
  }

  #checkPending(): void {
    for (const entry of this.#outbounds.values()) {
      if (entry.pending !== null && this.#isComplete(entry.pending)) this.#activate(entry);
    }
  }

  #isComplete(stack: OutboundStack): boolean {
    return stack.endpointNames.every((name) => this.#endpoints.isPresent(name));
  }

  /** The swap: one pointer, requests under way keep the old stack. */
  #activate(entry: OutboundEntry): void {
    if (entry.pending === null) return;
    entry.pendingTimer?.cancel();
    entry.active = entry.pending;
    entry.pending = null;
    this.#dropUnusedEndpoints();
    entry.answer(entry.active, null);
  }

  #entry(name: string, pinned: boolean): OutboundEntry {
    const known = this.#outbounds.get(name);
    if (known !== undefined) return known;
    if (this.#outbounds.size >= MAX_DESTINATIONS) this.#dropOldest();
    const entry = new OutboundEntry(name, pinned);
    this.#outbounds.set(name, entry);
    this.#subscribe(TYPE_URL.OUTBOUND, name);
    return entry;
  }

  #wantEndpoints(name: string): void {
    if (this.#endpoints.has(name)) return;
    this.#endpoints.add(name);
    this.#subscribe(TYPE_URL.ENDPOINTS, name);
  }

  #subscribe(typeUrl: string, name: string): void {
    this.#subscriptions?.subscribe(typeUrl, name, this.resources.get(typeUrl, name)?.version);
  }

  #dropUnusedEndpoints(): void {
    const wanted = new Set([...this.#outbounds.values()].flatMap((entry) => entry.endpointNames()));
    for (const name of this.#endpoints.names()) {
      if (wanted.has(name)) continue;
      this.#endpoints.remove(name);
      this.#subscriptions?.unsubscribe(TYPE_URL.ENDPOINTS, name);
      this.resources.delete(TYPE_URL.ENDPOINTS, name);
    }
  }

  readonly #sweep = (): void => {
    // A copy: entries move within the map meanwhile.
    for (const entry of Array.from(this.#outbounds.values())) {
      if (entry.pinned) continue;
      const idle = entry.used ? 0 : (this.#idleSweeps.get(entry) ?? 0) + 1;
      this.#idleSweeps.set(entry, idle);
      if (entry.used) {
        // To the end of the map: the first is then the one not used for longest.
        this.#outbounds.delete(entry.name);
        this.#outbounds.set(entry.name, entry);
      }
      entry.used = false;
      if (idle >= (entry.removed ? 1 : IDLE_SWEEPS)) this.#drop(entry);
    }
    this.#sweepTimer = this.#options.clock.setTimer(this.#sweep, SWEEP_MS, { unref: true });
  };

  #dropOldest(): void {
    for (const entry of this.#outbounds.values()) {
      if (entry.pinned) continue;
      this.#drop(entry);
      return;
    }
  }

  #drop(entry: OutboundEntry): void {
    this.#outbounds.delete(entry.name);
    entry.pendingTimer?.cancel();
    entry.answer(null, "no-config");
    this.#subscriptions?.unsubscribe(TYPE_URL.OUTBOUND, entry.name);
    this.resources.delete(TYPE_URL.OUTBOUND, entry.name);
    this.#dropUnusedEndpoints();
  }
}

/** `ip:port`, as redirected connections ask for it. */
function isAddress(name: string): boolean {
  return name.startsWith("[") || isIP(name.slice(0, name.lastIndexOf(":"))) !== 0;
}
