import { type Inbound, type InboundPort, MtlsMode, Protocol } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Workload } from "../model/kinds/workload.ts";
import type { PolicyTranslation } from "../policies/catalog.ts";
import { policyForWorkload } from "./placement.ts";
import { translatePolicies } from "./policies.ts";
import type { MeshStore } from "./store.ts";

const PROTOCOLS = { http: Protocol.HTTP, http2: Protocol.HTTP2, grpc: Protocol.GRPC, tcp: Protocol.TCP } as const;

/** What an instance serves; null when it is not registered. The first service on an application port names it. */
export function compileInbound(store: MeshStore, catalog: readonly PolicyTranslation[], instance: string): Inbound | null {
  const workload = store.get<Workload>("Workload", instance);
  if (workload === undefined) return null;
  const policies = translatePolicies(catalog, (kind) => policyForWorkload(store, kind, workload));
  const ports = new Map<number, InboundPort>();
  for (const served of workload.spec?.services ?? []) {
    if (ports.has(served.appPort)) continue;
    ports.set(served.appPort, {
      port: served.appPort,
      protocol: PROTOCOLS[served.protocol],
      // Only sidecars know the listener's port: nothing else has a reason to come in plaintext.
      mtls: MtlsMode.STRICT,
      policies,
      service: `${workload.metadata.namespace ?? "default"}/${served.name}:${served.port}`,
    });
  }
  return { ports: [...ports.values()].sort((a, b) => a.port - b.port) };
}
