/** Short spellings of objects for tests, and a store filled with them. */
import { Compiler } from "../../../src/compile/compiler.ts";
import { MeshStore } from "../../../src/compile/store.ts";
import { keyOf, type KubeObject } from "../../../src/model/object.ts";
import { CATALOG } from "../../../src/policies/catalog.ts";

let version = 0;

function object(apiVersion: string, kind: string, name: string, rest: object, metadata: object = {}): KubeObject {
  version += 1;
  return { apiVersion, kind, metadata: { namespace: "default", name, uid: name, resourceVersion: String(version), ...metadata }, ...rest };
}

export function service(name: string, ports: readonly (readonly [number, string])[] = [[80, "http"]], metadata: object = {}): KubeObject {
  const spec = { ports: ports.map(([port, appProtocol]) => ({ name: `${appProtocol}-${port}`, port, appProtocol, protocol: "TCP" })) };
  return object("v1", "Service", name, { spec }, metadata);
}

export function slice(
  serviceName: string,
  instance: string | null,
  inboundPort: number,
  more: { conditions?: object; portName?: string; name?: string } = {},
): KubeObject {
  return object(
    "discovery.k8s.io/v1",
    "EndpointSlice",
    more.name ?? `${serviceName}-${instance ?? inboundPort}`,
    {
      addressType: "IPv4",
      ports: [{ name: more.portName ?? "http-80", port: inboundPort, appProtocol: "http" }],
      endpoints: [
        {
          addresses: ["127.0.0.1"],
          conditions: more.conditions ?? { ready: true },
          ...(instance === null ? {} : { targetRef: { kind: "Workload", namespace: "default", name: instance } }),
        },
      ],
    },
    { labels: { "kubernetes.io/service-name": serviceName } },
  );
}

export function workload(name: string, spec: object = {}, metadata: object = {}, status: object = {}): KubeObject {
  return object(
    "meshctl.dev/v1alpha1",
    "Workload",
    name,
    { spec: { workload: name, serviceAccount: name, address: "127.0.0.1", services: [], leaseDurationSeconds: 8, ...spec }, status },
    metadata,
  );
}

export function route(name: string, parent: object, rules: readonly object[], metadata: object = {}): KubeObject {
  return object(
    "gateway.networking.k8s.io/v1",
    "HTTPRoute",
    name,
    { spec: { parentRefs: [{ group: "", kind: "Service", ...parent }], rules } },
    metadata,
  );
}

export function fault(name: string, spec: object, metadata: object = {}): KubeObject {
  return object("meshctl.dev/v1alpha1", "FaultInjection", name, { spec }, metadata);
}

export function mesh(...objects: readonly KubeObject[]) {
  const store = new MeshStore(CATALOG.map((entry) => entry.kind));
  const compiler = new Compiler({ store, catalog: CATALOG, trustDomain: "cluster.local" });
  const put = (next: KubeObject) => {
    const change = store.apply(next.kind, keyOf(next), next);
    return change === null ? [] : compiler.invalidate(change);
  };
  const remove = (gone: KubeObject) => {
    const change = store.apply(gone.kind, keyOf(gone), undefined);
    return change === null ? [] : compiler.invalidate(change);
  };
  for (const one of objects) put(one);
  return { store, compiler, put, remove };
}
