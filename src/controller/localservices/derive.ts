/** Services and EndpointSlices that follow from the registered workloads (design section 9). Pure. */
import { SERVICE_NAME_LABEL, type EndpointSlice, type Service, type ServicePort } from "../../compile/objects.ts";
import { keyOf } from "../../model/object.ts";
import type { Workload, WorkloadSpec } from "../../model/kinds/workload.ts";
import { byAge } from "../../policies/attachment.ts";

export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
export const MANAGED_BY = "meshctl";
export const SLICE_MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
export const SLICE_MANAGED_BY = "meshctl.dev";
export const SERVICE_LABEL = "meshctl.dev/service";
export const VERSION_LABEL = "meshctl.dev/version";
export const WORKLOAD_LABEL = "meshctl.dev/workload";

type Served = WorkloadSpec["services"][number];

export interface Derived {
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, EndpointSlice>;
  /** Service names a user has written: left alone, without endpoints from here. */
  readonly foreign: ReadonlySet<string>;
}

/**
 * `live` are the workloads whose lease holds. A Service keeps the ports it had: it outlives its last
 * instance. Of two instances that disagree about a port's protocol the older one is right, and the
 * other gets no traffic.
 */
export function deriveServices(live: readonly Workload[], existing: (key: string) => Service | undefined): Derived {
  const services = new Map<string, Service>();
  const slices = new Map<string, EndpointSlice>();
  const foreign = new Set<string>();
  /** What live instances say of each port, as opposed to what a Service kept from before. */
  const protocols = new Map<string, string>();
  const ordered = [...live].sort(byAge);
  const baseNames = new Set(
    ordered.flatMap((workload) => (workload.spec?.services ?? []).map((served) => serviceKey(workload, served.name))),
  );

  for (const workload of ordered) {
    for (const served of workload.spec?.services ?? []) {
      for (const { name, version } of serviceNames(workload, served, baseNames)) {
        const key = serviceKey(workload, name);
        const kept = existing(key);
        if (kept !== undefined && kept.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) {
          foreign.add(key);
          continue;
        }
        const portKey = `${key}:${served.port}`;
        const agreed = protocols.get(portKey) ?? served.protocol;
        if (agreed !== served.protocol) continue;
        protocols.set(portKey, agreed);
        services.set(key, withPort(services.get(key) ?? serviceObject(workload, served.name, name, version, kept), served));
        const slice = sliceObject(workload, served, name);
        slices.set(keyOf(slice), slice);
      }
    }
  }
  return { services, slices, foreign };
}

/** The Service itself and, for a workload with a version, the one of that version; unless another Service has that name. */
function serviceNames(workload: Workload, served: Served, baseNames: ReadonlySet<string>): { name: string; version: string | null }[] {
  const names: { name: string; version: string | null }[] = [{ name: served.name, version: null }];
  const version = workload.spec?.version;
  if (version === undefined) return names;
  const versioned = `${served.name}-${version}`;
  if (versioned.length <= 63 && !baseNames.has(serviceKey(workload, versioned))) names.push({ name: versioned, version });
  return names;
}

function serviceObject(workload: Workload, base: string, name: string, version: string | null, kept: Service | undefined): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace: workload.metadata.namespace ?? "default",
      labels: {
        [MANAGED_BY_LABEL]: MANAGED_BY,
        [SERVICE_LABEL]: base,
        ...(version === null ? {} : { [VERSION_LABEL]: version }),
      },
    },
    spec: { type: "ClusterIP", clusterIP: "None", ports: kept?.spec?.ports ?? [] },
  };
}

function withPort(service: Service, served: Served): Service {
  const port: ServicePort = {
    name: `${served.protocol}-${served.port}`,
    port: served.port,
    targetPort: served.port,
    protocol: "TCP",
    appProtocol: served.protocol,
  };
  const others = (service.spec?.ports ?? []).filter((other) => other.port !== served.port);
  return { ...service, spec: { ...service.spec, ports: [...others, port].sort((a, b) => a.port - b.port) } };
}

/** One slice for each instance and Service port: instances share an address and differ in ports. */
function sliceObject(workload: Workload, served: Served, service: string): EndpointSlice {
  const namespace = workload.metadata.namespace ?? "default";
  const address = workload.spec?.address ?? "127.0.0.1";
  const draining = workload.status?.phase === "Draining";
  const ready = !draining && (workload.status?.ready ?? []).includes(`${served.name}:${served.port}`);
  const version = workload.spec?.version;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-${workload.metadata.name}-${served.port}`,
      namespace,
      labels: {
        [SERVICE_NAME_LABEL]: service,
        [SLICE_MANAGED_BY_LABEL]: SLICE_MANAGED_BY,
        [WORKLOAD_LABEL]: workload.spec?.workload ?? workload.metadata.name,
        ...(version === undefined ? {} : { [VERSION_LABEL]: version }),
      },
    },
    addressType: address.includes(":") ? "IPv6" : "IPv4",
    ports: [{ name: `${served.protocol}-${served.port}`, protocol: "TCP", port: served.inboundPort, appProtocol: served.protocol }],
    endpoints: [
      {
        addresses: [address],
        conditions: { ready, serving: ready || draining, terminating: draining },
        targetRef: { kind: "Workload", namespace, name: workload.metadata.name },
      },
    ],
  };
}

function serviceKey(workload: Workload, name: string): string {
  return `${workload.metadata.namespace ?? "default"}/${name}`;
}
