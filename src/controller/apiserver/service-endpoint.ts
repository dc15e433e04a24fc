import type { KubeObject } from "../../model/object.ts";
import type { Store } from "./store/contract.ts";

/** Where a request to a Service goes. */
export interface ServiceEndpoint {
  readonly host: string;
  readonly port: number;
}

interface Port {
  readonly name?: string;
  readonly port?: number;
  readonly targetPort?: number | string;
}

/**
 * An endpoint of a Service that the store knows: one that is ready in its EndpointSlices, else in its Endpoints; the
 * name an ExternalName stands for. Or why there is none.
 */
export function endpointOf(store: Store, namespace: string, name: string, port: number): ServiceEndpoint | { readonly problem: string } {
  const service = store.get("/services", `${namespace}/${name}`)?.object;
  if (service === undefined) return { problem: `service "${name}" not found` };
  const spec = service.spec as { readonly type?: string; readonly externalName?: string; readonly ports?: readonly Port[] };
  if (spec.type === "ExternalName" && spec.externalName !== undefined) return { host: spec.externalName, port };
  const wanted = spec.ports?.find((candidate) => candidate.port === port);
  if (wanted === undefined) return { problem: `service "${name}" has no port ${port}` };
  return (
    fromSlices(store, namespace, name, wanted) ??
    fromEndpoints(store, namespace, name, wanted) ?? { problem: `no endpoints available for service "${name}"` }
  );
}

function fromSlices(store: Store, namespace: string, name: string, wanted: Port): ServiceEndpoint | null {
  for (const { object } of store.list("discovery.k8s.io/endpointslices", `${namespace}/`)) {
    if (object.metadata.labels?.["kubernetes.io/service-name"] !== name) continue;
    const { endpoints, ports } = object as KubeObject & {
      readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[];
      readonly ports?: readonly Port[];
    };
    const port = portOf(ports, wanted);
    const ready = endpoints?.find(({ conditions }) => conditions?.ready !== false);
    if (port !== undefined && ready?.addresses[0] !== undefined) return { host: ready.addresses[0], port };
  }
  return null;
}

function fromEndpoints(store: Store, namespace: string, name: string, wanted: Port): ServiceEndpoint | null {
  const object = store.get("/endpoints", `${namespace}/${name}`)?.object as
    | (KubeObject & {
        readonly subsets?: readonly { readonly addresses?: readonly { readonly ip: string }[]; readonly ports?: readonly Port[] }[];
      })
    | undefined;
  for (const { addresses = [], ports } of object?.subsets ?? []) {
    const port = portOf(ports, wanted);
    if (port !== undefined && addresses[0] !== undefined) return { host: addresses[0].ip, port };
  }
  return null;
}

/** Ports of endpoints bear the names of the Service's; one without a name is the only one. */
function portOf(ports: readonly Port[] | undefined, { name = "" }: Port): number | undefined {
  return ports?.find((candidate) => (candidate.name ?? "") === name)?.port;
}
