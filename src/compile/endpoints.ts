import { formatSpiffeId } from "../identity/spiffe-id.ts";
import { Health, type Endpoint } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import { ALPN } from "../messages/names.ts";
import type { Workload } from "../model/kinds/workload.ts";
import { addressName } from "./names.ts";
import { portNumbered, type EndpointSlice, type Service, type SliceEndpoint } from "./objects.ts";
import type { MeshStore } from "./store.ts";

/** What every proxy of this and the previous minor version understands; for those that have not said more. */
const LEAST_CAPABILITIES: readonly string[] = Object.freeze([ALPN.H1, ALPN.TCP]);

/** What endpoints are made from. */
export interface EndpointSources {
  readonly store: MeshStore;
  readonly trustDomain: string;
  /** ALPN names an instance's proxy said it understands; null when it has not said. */
  capabilitiesOf(instance: string): readonly string[] | null;
}

/** Workload an endpoint stands for; `missing`: it names one we do not know (yet). */
type Target = { readonly workload: Workload } | "none" | "missing";

/** Endpoints of one Service port in a stable order; null when the Service or the port does not exist. */
export function compileEndpoints(sources: EndpointSources, service: string, port: number): Endpoint[] | null {
  const { store } = sources;
  const object = store.get<Service>("Service", service);
  const servicePort = object === undefined ? undefined : portNumbered(object, port);
  if (servicePort === undefined) return null;
  const found: Endpoint[] = [];
  for (const slice of store.slicesOf(service)) found.push(...ofSlice(sources, slice, servicePort.name ?? ""));
  return found.sort(byAddress);
}

/** The one endpoint at `address:port`, whatever Service it belongs to. */
export function compileInstanceEndpoint(sources: EndpointSources, address: string, port: number): Endpoint[] | null {
  for (const slice of sources.store.slicesAt(addressName(address, port))) {
    for (const { name, port: slicePort } of slice.ports ?? []) {
      if (slicePort !== port) continue;
      const found = ofSlice(sources, slice, name ?? "").filter((endpoint) => endpoint.address === address);
      if (found.length > 0) return found.slice(0, 1);
    }
  }
  return null;
}

/** True when any endpoint of the Service has an identity, or it is one of ours that only sidecars serve. */
export function isMeshed(store: MeshStore, service: string): boolean {
  if (store.get("Service", service)?.metadata.labels?.["app.kubernetes.io/managed-by"] === "meshctl") return true;
  return store.slicesOf(service).some((slice) => (slice.endpoints ?? []).some((endpoint) => targetOf(store, slice, endpoint) !== "none"));
}

function ofSlice({ store, trustDomain, capabilitiesOf }: EndpointSources, slice: EndpointSlice, portName: string): Endpoint[] {
  const port = slice.ports?.find((candidate) => (candidate.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  const found: Endpoint[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const health = healthOf(endpoint);
    const target = targetOf(store, slice, endpoint);
    const [address] = endpoint.addresses;
    // A meshed endpoint whose identity is not known yet is left out: it must never be dialled in plaintext.
    if (health === null || target === "missing" || address === undefined) continue;
    const instance = target === "none" ? "" : `${namespaceOf(target.workload)}/${target.workload.metadata.name}`;
    found.push({
      address,
      port,
      identity: target === "none" ? "" : identityOf(trustDomain, target.workload),
      instance,
      zone: endpoint.zone ?? "",
      weight: 1,
      health,
      capabilities: target === "none" ? [] : [...(capabilitiesOf(instance) ?? LEAST_CAPABILITIES)],
      version: target === "none" ? "" : (target.workload.spec?.version ?? ""),
      workload: target === "none" ? "" : (target.workload.spec?.workload ?? ""),
    });
  }
  return found;
}

/** EndpointConditions: an absent `ready` means ready. Terminating ones that still serve are the last resort. */
function healthOf(endpoint: SliceEndpoint): Health | null {
  const { ready, serving, terminating } = endpoint.conditions ?? {};
  if (terminating === true) return serving === false ? null : Health.TERMINATING;
  return ready === false ? null : Health.READY;
}

function targetOf(store: MeshStore, slice: EndpointSlice, endpoint: SliceEndpoint): Target {
  const { targetRef } = endpoint;
  if (targetRef?.kind !== "Workload" || !targetRef.name) return "none";
  const workload = store.get<Workload>("Workload", `${targetRef.namespace ?? slice.metadata.namespace ?? "default"}/${targetRef.name}`);
  return workload === undefined ? "missing" : { workload };
}

/** SPIFFE id of an instance. */
export function identityOf(trustDomain: string, workload: Workload): string {
  return formatSpiffeId({ trustDomain, segments: ["ns", namespaceOf(workload), "sa", workload.spec?.serviceAccount ?? ""] });
}

function namespaceOf(workload: Workload): string {
  return workload.metadata.namespace ?? "default";
}

function byAddress(a: Endpoint, b: Endpoint): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.port - b.port;
}
