import { encodeResource, type EncodedResource } from "../discovery/resource.ts";
import { Endpoints, Inbound, Outbound, Protocol } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../messages/names.ts";
import type { PolicyTranslation } from "../policies/catalog.ts";
import { affectedBy, type Unit, unitsOfEndpoint } from "./affected.ts";
import { compileEndpoints, compileInstanceEndpoint, type EndpointSources } from "./endpoints.ts";
import { compileInbound } from "./inbound.ts";
import { addressName, destinationName, hostAliases, parseDestination, subscribableNames, type Destination } from "./names.ts";
import { clusterAddresses, type Service, serviceOfSlice } from "./objects.ts";
import { compileOutbound, viewOf } from "./outbound.ts";
import { protocolOf } from "./protocol.ts";
import type { Change, MeshStore } from "./store.ts";

/** Names whose subscribers must look again. */
export interface Invalidation {
  readonly typeUrl: string;
  readonly names: readonly string[];
}

export interface CompilerOptions {
  readonly store: MeshStore;
  readonly catalog: readonly PolicyTranslation[];
  readonly trustDomain: string;
  /** Suffix of fully qualified Service names; default `cluster.local`. */
  readonly clusterDomain?: string;
  /** See {@link EndpointSources}; absent: nothing is known of any proxy. */
  readonly capabilitiesOf?: EndpointSources["capabilitiesOf"];
}

/** Who asks: views depend on the namespace, an Inbound belongs to one instance. */
export interface Viewer {
  /** `namespace/instance` */
  readonly id: string;
  readonly namespace: string;
}

/** More cached resources than this are dropped, oldest first; they compile again when asked for. */
const MAX_CACHED = 50_000;

/**
 * Store → encoded discovery resources, compiled when somebody asks and kept until a change touches
 * them. One encoding per (type, name, view) is shared by all subscribers.
 */
export class Compiler {
  readonly #store: MeshStore;
  readonly #catalog: readonly PolicyTranslation[];
  readonly #endpointSources: EndpointSources;
  readonly #clusterDomain: string;
  /** `type name` → view → resource. */
  readonly #cache = new Map<string, Map<string, EncodedResource>>();
  /** Units compiled since the start. */
  compiled = 0;

  constructor(options: CompilerOptions) {
    this.#store = options.store;
    this.#catalog = options.catalog;
    this.#endpointSources = {
      store: options.store,
      trustDomain: options.trustDomain,
      capabilitiesOf: options.capabilitiesOf ?? (() => null),
    };
    this.#clusterDomain = options.clusterDomain ?? "cluster.local";
  }

  /** Forgets what a change (already in the store) may alter, and says under which names it is known. */
  invalidate(change: Change): readonly Invalidation[] {
    return this.#forget(affectedBy(this.#store, change));
  }

  /** The same for an instance whose proxy said that it can do other things than before. */
  capabilitiesChanged(instance: string): readonly Invalidation[] {
    return this.#forget(unitsOfEndpoint(this.#store, instance));
  }

  #forget(units: readonly Unit[]): readonly Invalidation[] {
    return units.map(({ typeUrl, name }) => {
      this.#cache.delete(`${typeUrl} ${name}`);
      return { typeUrl, names: this.#names(typeUrl, name) };
    });
  }

  /** Inbound, Outbound or Endpoints by canonical name or alias; null when it does not exist for this viewer. */
  lookup(typeUrl: string, name: string, viewer: Viewer): EncodedResource | null {
    if (typeUrl === TYPE_URL.INBOUND) return name === viewer.id ? this.#cached(typeUrl, name, "", () => this.#inbound(name)) : null;
    if (typeUrl !== TYPE_URL.OUTBOUND && typeUrl !== TYPE_URL.ENDPOINTS) return null;
    const destination = this.#meant(parseDestination(name, viewer.namespace, this.#clusterDomain));
    if (destination === null) return null;
    // Endpoints have one name only: nobody asks for them but by what an Outbound said.
    return typeUrl === TYPE_URL.OUTBOUND ? this.#outbound(destination, viewer) : this.#endpoints(destination, name);
  }

  /** The cluster address of a Service means the Service. */
  #meant(destination: Destination | null): Destination | null {
    if (destination?.kind !== "address") return destination;
    const [service] = this.#store.servicesAt(destination.address);
    if (service === undefined) return destination;
    return { kind: "service", namespace: service.metadata.namespace ?? "default", name: service.metadata.name, port: destination.port };
  }

  #inbound(instance: string): EncodedResource | null {
    const inbound = compileInbound(this.#store, this.#catalog, instance);
    return inbound === null ? null : encodeResource(TYPE_URL.INBOUND, instance, [], Inbound.encode(inbound).finish());
  }

  #outbound(destination: Destination, viewer: Viewer): EncodedResource | null {
    if (destination.kind === "address") return this.#instanceOutbound(destination.address, destination.port);
    const { namespace, name, port } = destination;
    const canonical = destinationName(namespace, name, port);
    const view = viewOf(this.#store, `${namespace}/${name}`, viewer.namespace);
    return this.#cached(TYPE_URL.OUTBOUND, canonical, view, () => {
      const outbound = compileOutbound(this.#store, this.#catalog, `${namespace}/${name}`, port, view);
      if (outbound === null) return null;
      const aliases = [...hostAliases(namespace, name, port, this.#clusterDomain), ...this.#addressNames(namespace, name, port)];
      return encodeResource(TYPE_URL.OUTBOUND, canonical, aliases, Outbound.encode(outbound).finish());
    });
  }

  /** A call to one instance: its own endpoint, no routes and no policies of the Service. */
  #instanceOutbound(address: string, port: number): EncodedResource | null {
    const canonical = addressName(address, port);
    return this.#cached(TYPE_URL.OUTBOUND, canonical, "", () => {
      const [endpoint] = compileInstanceEndpoint(this.#endpointSources, address, port) ?? [];
      const [slice] = this.#store.slicesAt(canonical);
      if (endpoint === undefined || slice === undefined) return null;
      const appProtocol = slice.ports?.find((candidate) => candidate.port === port)?.appProtocol;
      const outbound: Outbound = {
        service: serviceOfSlice(slice) ?? "",
        port,
        protocol: appProtocol ? protocolOf({ port, appProtocol }) : Protocol.TCP,
        routes: [],
        policies: [],
        meshed: endpoint.identity !== "",
      };
      return encodeResource(TYPE_URL.OUTBOUND, canonical, [], Outbound.encode(outbound).finish());
    });
  }

  #endpoints(destination: Destination, asked: string): EncodedResource | null {
    if (destination.kind === "address") {
      const canonical = addressName(destination.address, destination.port);
      return this.#cached(TYPE_URL.ENDPOINTS, canonical, "", () => {
        const endpoints = compileInstanceEndpoint(this.#endpointSources, destination.address, destination.port);
        return endpoints === null ? null : encodeResource(TYPE_URL.ENDPOINTS, canonical, [], Endpoints.encode({ endpoints }).finish());
      });
    }
    const { namespace, name, port } = destination;
    const canonical = destinationName(namespace, name, port);
    if (canonical !== asked) return null;
    return this.#cached(TYPE_URL.ENDPOINTS, canonical, "", () => {
      const endpoints = compileEndpoints(this.#endpointSources, `${namespace}/${name}`, port);
      return endpoints === null ? null : encodeResource(TYPE_URL.ENDPOINTS, canonical, [], Endpoints.encode({ endpoints }).finish());
    });
  }

  #cached(typeUrl: string, name: string, view: string, compile: () => EncodedResource | null): EncodedResource | null {
    const key = `${typeUrl} ${name}`;
    const views = this.#cache.get(key);
    const found = views?.get(view);
    if (found !== undefined) return found;
    this.compiled += 1;
    const made = compile();
    // What does not exist is not kept: names from outside must not fill memory.
    if (made === null) return null;
    if (views !== undefined) views.set(view, made);
    else {
      this.#cache.set(key, new Map([[view, made]]));
      if (this.#cache.size > MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value as string);
    }
    return made;
  }

  #names(typeUrl: string, name: string): readonly string[] {
    if (typeUrl === TYPE_URL.INBOUND) return [name];
    const destination = parseDestination(name, "", this.#clusterDomain);
    if (destination === null || destination.kind === "address") return [name];
    if (typeUrl === TYPE_URL.ENDPOINTS) return [name];
    const { namespace, name: service, port } = destination;
    return [...subscribableNames(namespace, service, port, this.#clusterDomain), ...this.#addressNames(namespace, service, port)];
  }

  /** `ip:port` for each cluster address of a Service: what redirected connections ask for. */
  #addressNames(namespace: string, name: string, port: number): readonly string[] {
    const service = this.#store.get<Service>("Service", `${namespace}/${name}`);
    return service === undefined ? [] : clusterAddresses(service).map((address) => addressName(address, port));
  }
}
