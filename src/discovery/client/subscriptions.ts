/**
 * What a client wants and holds, apart from any connection: it makes the requests of a new stream, of
 * a change of mind, and of an answer. Pure.
 */
import { RejectedResource } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse, Node } from "../../messages/gen/envoy/service/discovery/v3/ads.ts";
import { TYPE_URL } from "../../messages/names.ts";
import type { Rejection } from "./contract.ts";

interface TypeState {
  readonly names: Set<string>;
  /** Applied versions by canonical name. */
  readonly versions: Map<string, string>;
  /** Subscribed name → canonical name, where they differ. */
  readonly canonical: Map<string, string>;
  readonly toSubscribe: Set<string>;
  readonly toUnsubscribe: Set<string>;
  /** A request of this type went out on the present stream. */
  opened: boolean;
}

/** gRPC INVALID_ARGUMENT: what the public protocol puts into a NACK. */
const INVALID_ARGUMENT = 3;

export class ClientSubscriptions {
  readonly #types = new Map<string, TypeState>();

  subscribe(typeUrl: string, name: string, knownVersion?: string): void {
    const type = this.#type(typeUrl);
    if (type.names.has(name)) return;
    type.names.add(name);
    if (knownVersion !== undefined) type.versions.set(name, knownVersion);
    type.toUnsubscribe.delete(name);
    type.toSubscribe.add(name);
  }

  unsubscribe(typeUrl: string, name: string): void {
    const type = this.#types.get(typeUrl);
    if (type === undefined || !type.names.delete(name)) return;
    type.toSubscribe.delete(name);
    type.toUnsubscribe.add(name);
    const held = type.canonical.get(name) ?? name;
    type.canonical.delete(name);
    if (!type.names.has(held) && ![...type.canonical.values()].includes(held)) type.versions.delete(held);
  }

  resubscribe(typeUrl: string, names: readonly string[]): void {
    const type = this.#types.get(typeUrl);
    if (type === undefined) return;
    for (const name of names) if (type.names.has(name)) type.toSubscribe.add(name);
  }

  version(typeUrl: string, name: string): string | undefined {
    const type = this.#types.get(typeUrl);
    return type?.versions.get(type.canonical.get(name) ?? name);
  }

  /** A new stream knows nothing: everything is said again, with the versions in hand. */
  begin(): void {
    for (const type of this.#types.values()) {
      type.opened = false;
      type.toUnsubscribe.clear();
      for (const name of type.names) type.toSubscribe.add(name);
    }
  }

  /** Requests that bring the server up to date; `node` goes into the first of a stream. Never an empty first request of a type: that would mean wildcard. */
  requests(node: Node | undefined): DeltaDiscoveryRequest[] {
    const made: DeltaDiscoveryRequest[] = [];
    for (const [typeUrl, type] of this.#types) {
      if (type.toSubscribe.size === 0 && (type.toUnsubscribe.size === 0 || !type.opened)) {
        type.toUnsubscribe.clear();
        continue;
      }
      const request = empty(typeUrl);
      request.node = made.length === 0 ? node : undefined;
      request.resourceNamesSubscribe = [...type.toSubscribe];
      request.resourceNamesUnsubscribe = type.opened ? [...type.toUnsubscribe] : [];
      // A version first said on a later request would be ignored by the server: new names with a version need the first one.
      if (!type.opened) request.initialResourceVersions = Object.fromEntries(type.versions);
      type.opened = true;
      type.toSubscribe.clear();
      type.toUnsubscribe.clear();
      made.push(request);
    }
    return made;
  }

  /** Books what was applied of a response and makes its ACK, or its NACK naming each refused resource. */
  answer(response: DeltaDiscoveryResponse, rejections: readonly Rejection[]): DeltaDiscoveryRequest {
    const type = this.#type(response.typeUrl);
    const refused = new Set(rejections.map((rejection) => rejection.name));
    for (const resource of response.resources) {
      for (const alias of resource.aliases) if (type.names.has(alias)) type.canonical.set(alias, resource.name);
      if (!refused.has(resource.name) && this.#wanted(type, resource.name)) type.versions.set(resource.name, resource.version);
    }
    for (const name of response.removedResources) {
      type.versions.delete(name);
      type.canonical.delete(name);
    }
    const request = empty(response.typeUrl);
    request.responseNonce = response.nonce;
    if (rejections.length > 0) {
      request.errorDetail = {
        code: INVALID_ARGUMENT,
        message: rejections
          .map((rejection) => `${rejection.name}: ${rejection.message}`)
          .join("; ")
          .slice(0, 4096),
        details: rejections.map((rejection) => ({
          typeUrl: TYPE_URL.REJECTED,
          value: Buffer.from(RejectedResource.encode({ name: rejection.name, message: rejection.message }).finish()),
        })),
      };
    }
    return request;
  }

  #wanted(type: TypeState, canonical: string): boolean {
    return type.names.has(canonical) || [...type.canonical.values()].includes(canonical);
  }

  #type(typeUrl: string): TypeState {
    let type = this.#types.get(typeUrl);
    if (type === undefined) {
      type = {
        names: new Set(),
        versions: new Map(),
        canonical: new Map(),
        toSubscribe: new Set(),
        toUnsubscribe: new Set(),
        opened: false,
      };
      this.#types.set(typeUrl, type);
    }
    return type;
  }
}

function empty(typeUrl: string): DeltaDiscoveryRequest {
  return {
    node: undefined,
    typeUrl,
    resourceNamesSubscribe: [],
    resourceNamesUnsubscribe: [],
    initialResourceVersions: {},
    responseNonce: "",
    errorDetail: undefined,
  };
}
