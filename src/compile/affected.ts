/** Which resources a change may alter: the units that are compiled again, and no others. */
import { TYPE_URL } from "../messages/names.ts";
import type { KubeObject } from "../model/object.ts";
import type { Workload } from "../model/kinds/workload.ts";
import { attachmentOf, selects } from "../policies/attachment.ts";
import { parentServices, type HTTPRoute } from "../policies/route/http-route.ts";
import { addressName } from "./names.ts";
import { clusterAddresses, portNamed, serviceOfSlice, type EndpointSlice, type Service } from "./objects.ts";
import type { Change, MeshStore } from "./store.ts";

/** A unit of compilation: one resource in all its views. */
export interface Unit {
  readonly typeUrl: string;
  /** Canonical name. */
  readonly name: string;
}

/** Called after the change is in the store. */
export function affectedBy(store: MeshStore, change: Change): readonly Unit[] {
  const units = new Units(store);
  switch (change.kind) {
    case "Service":
      serviceChanged(units, store, change);
      break;
    case "EndpointSlice":
      for (const slice of versions<EndpointSlice>(change)) sliceChanged(units, store, slice);
      meshedMayDiffer(units, change);
      break;
    case "Workload":
      workloadChanged(units, store, change);
      break;
    case "HTTPRoute":
      for (const route of versions<HTTPRoute>(change)) for (const service of parentServices(route)) units.outbound(service);
      break;
    case "Namespace":
    case "MeshConfig":
      break;
    default:
      for (const policy of versions(change)) policyChanged(units, store, policy);
  }
  return units.found();
}

/** Resources an object of a policy kind stands in, or would without a conflict. */
export function unitsOfPolicy(store: MeshStore, policy: KubeObject): readonly Unit[] {
  const units = new Units(store);
  policyChanged(units, store, policy);
  return units.found();
}

/** Resources in which an instance stands as an endpoint. */
export function unitsOfEndpoint(store: MeshStore, instance: string): readonly Unit[] {
  const units = new Units(store);
  for (const slice of store.slicesTo(instance)) sliceChanged(units, store, slice);
  return units.found().filter(({ typeUrl }) => typeUrl === TYPE_URL.ENDPOINTS);
}

class Units {
  readonly #store: MeshStore;
  readonly #found = new Map<string, Unit>();

  constructor(store: MeshStore) {
    this.#store = store;
  }

  add(typeUrl: string, name: string): void {
    this.#found.set(`${typeUrl} ${name}`, { typeUrl, name });
  }

  /** Outbound of every port of a Service that exists now. */
  outbound(service: string): void {
    for (const port of this.#store.get<Service>("Service", service)?.spec?.ports ?? [])
      this.add(TYPE_URL.OUTBOUND, `${service}:${port.port}`);
  }

  found(): readonly Unit[] {
    return [...this.#found.values()];
  }
}

function versions<T extends KubeObject>(change: Change): readonly T[] {
  return [change.before, change.after].filter((object) => object !== undefined) as T[];
}

function serviceChanged(units: Units, store: MeshStore, change: Change): void {
  for (const service of versions<Service>(change)) {
    for (const { port } of service.spec?.ports ?? []) {
      units.add(TYPE_URL.OUTBOUND, `${change.key}:${port}`);
      units.add(TYPE_URL.ENDPOINTS, `${change.key}:${port}`);
      // An address that it has now, or had: whoever asked for it is told what it means.
      for (const address of clusterAddresses(service)) units.add(TYPE_URL.OUTBOUND, addressName(address, port));
    }
  }
  // Routes that send here resolve, or stop doing so.
  for (const route of store.routesTo(change.key)) for (const parent of parentServices(route)) units.outbound(parent);
}

function sliceChanged(units: Units, store: MeshStore, slice: EndpointSlice): void {
  const key = serviceOfSlice(slice);
  if (key === null) return;
  const service = store.get<Service>("Service", key);
  for (const { name, port } of slice.ports ?? []) {
    const servicePort = service === undefined ? undefined : portNamed(service, name);
    if (servicePort !== undefined) units.add(TYPE_URL.ENDPOINTS, `${key}:${servicePort.port}`);
    for (const endpoint of slice.endpoints ?? []) {
      for (const address of endpoint.addresses) {
        if (port === undefined) continue;
        units.add(TYPE_URL.ENDPOINTS, addressName(address, port));
        units.add(TYPE_URL.OUTBOUND, addressName(address, port));
      }
    }
  }
}

/** A slice with its first or without its last endpoint may turn `Outbound.meshed`; compiling says whether it did. */
function meshedMayDiffer(units: Units, change: Change): void {
  const before = change.before as EndpointSlice | undefined;
  const after = change.after as EndpointSlice | undefined;
  if (hasTargets(before) === hasTargets(after)) return;
  const key = serviceOfSlice((after ?? before) as EndpointSlice);
  if (key !== null) units.outbound(key);
}

function hasTargets(slice: EndpointSlice | undefined): boolean {
  return (slice?.endpoints ?? []).some((endpoint) => endpoint.targetRef?.kind === "Workload");
}

function workloadChanged(units: Units, store: MeshStore, change: Change): void {
  const before = change.before as Workload | undefined;
  const after = change.after as Workload | undefined;
  // Renewed leases change the status every few seconds and nothing else.
  if (sameDeclaration(before, after)) return;
  units.add(TYPE_URL.INBOUND, change.key);
  for (const slice of store.slicesTo(change.key)) sliceChanged(units, store, slice);
}

function sameDeclaration(before: Workload | undefined, after: Workload | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return (
    before.metadata.uid === after.metadata.uid &&
    JSON.stringify(before.spec) === JSON.stringify(after.spec) &&
    JSON.stringify(before.metadata.labels) === JSON.stringify(after.metadata.labels)
  );
}

function policyChanged(units: Units, store: MeshStore, policy: KubeObject): void {
  const namespace = policy.metadata.namespace ?? "default";
  for (const ref of attachmentOf(policy).targetRefs ?? []) {
    if (ref.kind === "Service") units.outbound(`${namespace}/${ref.name}`);
    else if (ref.kind === "HTTPRoute") {
      const route = store.get<HTTPRoute>("HTTPRoute", `${namespace}/${ref.name}`);
      for (const service of route === undefined ? [] : parentServices(route)) units.outbound(service);
    } else if (ref.kind === "Namespace")
      for (const service of store.servicesIn(namespace)) units.outbound(`${namespace}/${service.metadata.name}`);
    else if (ref.kind === "MeshConfig") {
      for (const service of store.all<Service>("Service"))
        units.outbound(`${service.metadata.namespace ?? "default"}/${service.metadata.name}`);
    }
  }
  for (const workload of store.workloadsIn(namespace)) {
    if (selects(policy, workload.metadata.labels ?? {})) units.add(TYPE_URL.INBOUND, `${namespace}/${workload.metadata.name}`);
  }
}
