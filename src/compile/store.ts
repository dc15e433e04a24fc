/**
 * Everything the controller knows, indexed by how compiling asks. Objects are immutable and replaced
 * whole; the indexes change in place, synchronously, one change at a time: nobody holds on to them
 * across turns of the event loop, and an update costs what it touches, not the size of the mesh.
 */
import type { KubeObject } from "../model/object.ts";
import type { Workload } from "../model/kinds/workload.ts";
import { targetKeys } from "../policies/attachment.ts";
import { backendServices, parentServices, type HTTPRoute } from "../policies/route/http-route.ts";
import { IndexBy } from "./index-by.ts";
import { addressName } from "./names.ts";
import { clusterAddresses, serviceOfSlice, type EndpointSlice, type Service } from "./objects.ts";

/** Kinds every store has; the kinds of policies come on top. */
export const BASE_KINDS = ["Namespace", "Service", "EndpointSlice", "Workload", "HTTPRoute", "MeshConfig"] as const;

export interface Change {
  readonly kind: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export class MeshStore {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #slicesByService = new IndexBy((slice) => present(serviceOfSlice(slice as EndpointSlice)));
  readonly #slicesByTarget = new IndexBy((slice) => sliceTargets(slice as EndpointSlice));
  readonly #slicesByAddress = new IndexBy((slice) => sliceAddresses(slice as EndpointSlice));
  readonly #routesByParent = new IndexBy((route) => parentServices(route as HTTPRoute));
  readonly #routesByBackend = new IndexBy((route) => backendServices(route as HTTPRoute));
  readonly #policiesByTarget = new IndexBy((policy) => targetKeys(policy).map((target) => `${policy.kind} ${target}`));
  readonly #policiesByNamespace = new IndexBy((policy) => [`${policy.kind} ${policy.metadata.namespace ?? "default"}`]);
  readonly #workloadsByNamespace = new IndexBy((workload) => [workload.metadata.namespace ?? "default"]);
  readonly #servicesByAddress = new IndexBy((service) => clusterAddresses(service as Service));
  readonly #servicesByNamespace = new IndexBy((service) => [service.metadata.namespace ?? "default"]);
  readonly #policyKinds: ReadonlySet<string>;

  constructor(policyKinds: readonly string[]) {
    this.#policyKinds = new Set(policyKinds);
    for (const kind of [...BASE_KINDS, ...policyKinds]) this.#objects.set(kind, new Map());
  }

  /** Puts an object in, or with undefined takes it out. Null when nothing is different: a duplicate event costs nothing. */
  apply(kind: string, key: string, after: KubeObject | undefined): Change | null {
    const objects = this.#objects.get(kind);
    if (objects === undefined) return null;
    const before = objects.get(key);
    if (before === undefined && after === undefined) return null;
    if (before !== undefined && after !== undefined && sameVersion(before, after)) return null;
    if (after === undefined) objects.delete(key);
    else objects.set(key, after);
    for (const index of this.#indexesOf(kind)) index.replace(key, before, after);
    return { kind, key, before, after };
  }

  get<T extends KubeObject>(kind: string, key: string): T | undefined {
    return this.#objects.get(kind)?.get(key) as T | undefined;
  }

  all<T extends KubeObject>(kind: string): Iterable<T> {
    return (this.#objects.get(kind)?.values() ?? []) as Iterable<T>;
  }

  count(kind: string): number {
    return this.#objects.get(kind)?.size ?? 0;
  }

  slicesOf(service: string): readonly EndpointSlice[] {
    return this.#slicesByService.under(service);
  }

  /** Slices with an endpoint that points to this Workload (`namespace/name`). */
  slicesTo(workload: string): readonly EndpointSlice[] {
    return this.#slicesByTarget.under(workload);
  }

  /** Slices with this `address:port`. */
  slicesAt(address: string): readonly EndpointSlice[] {
    return this.#slicesByAddress.under(address);
  }

  routesOf(service: string): readonly HTTPRoute[] {
    return this.#routesByParent.under(service);
  }

  routesTo(service: string): readonly HTTPRoute[] {
    return this.#routesByBackend.under(service);
  }

  /** `target` as made by targetKey. */
  policiesOn(kind: string, target: string): readonly KubeObject[] {
    return this.#policiesByTarget.under(`${kind} ${target}`);
  }

  policiesIn(kind: string, namespace: string): readonly KubeObject[] {
    return this.#policiesByNamespace.under(`${kind} ${namespace}`);
  }

  workloadsIn(namespace: string): readonly Workload[] {
    return this.#workloadsByNamespace.under(namespace);
  }

  servicesIn(namespace: string): readonly Service[] {
    return this.#servicesByNamespace.under(namespace);
  }

  /** Services with this cluster address; more than one only while one takes over from another. */
  servicesAt(address: string): readonly Service[] {
    return this.#servicesByAddress.under(address);
  }

  #indexesOf(kind: string): readonly IndexBy[] {
    if (kind === "EndpointSlice") return [this.#slicesByService, this.#slicesByTarget, this.#slicesByAddress];
    if (kind === "HTTPRoute") return [this.#routesByParent, this.#routesByBackend];
    if (kind === "Workload") return [this.#workloadsByNamespace];
    if (kind === "Service") return [this.#servicesByNamespace, this.#servicesByAddress];
    return this.#policyKinds.has(kind) ? [this.#policiesByTarget, this.#policiesByNamespace] : [];
  }
}

function sameVersion(before: KubeObject, after: KubeObject): boolean {
  const { resourceVersion } = before.metadata;
  return resourceVersion !== undefined && resourceVersion === after.metadata.resourceVersion && before.metadata.uid === after.metadata.uid;
}

function present(value: string | null): readonly string[] {
  return value === null ? [] : [value];
}

function sliceTargets(slice: EndpointSlice): readonly string[] {
  const namespace = slice.metadata.namespace ?? "default";
  const targets = new Set<string>();
  for (const { targetRef } of slice.endpoints ?? []) {
    if (targetRef?.kind === "Workload" && targetRef.name) targets.add(`${targetRef.namespace ?? namespace}/${targetRef.name}`);
  }
  return [...targets];
}

function sliceAddresses(slice: EndpointSlice): readonly string[] {
  const addresses = new Set<string>();
  for (const endpoint of slice.endpoints ?? []) {
    for (const address of endpoint.addresses) {
      for (const { port } of slice.ports ?? []) if (port !== undefined) addresses.add(addressName(address, port));
    }
  }
  return [...addresses];
}
