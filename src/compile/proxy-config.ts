import { encodeResource, type EncodedResource } from "../discovery/resource.ts";
import { ProxyConfig, Trust } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../messages/names.ts";
import { DEFAULT_SAMPLING_PERCENT, MESH_CONFIG_NAME, type MeshConfig } from "../model/kinds/mesh-config.ts";
import type { MeshStore } from "./store.ts";

/** What a trust domain accepts: its roots (DER), and what it no longer does. */
export interface TrustState {
  readonly trustDomain: string;
  readonly roots: readonly Buffer[];
  readonly revokedSerials: readonly string[];
  readonly revokedIdentities: readonly string[];
}

export function compileTrust(state: TrustState): EncodedResource {
  const message: Trust = {
    trustDomain: state.trustDomain,
    roots: [...state.roots],
    revokedSerials: [...state.revokedSerials],
    revokedIdentities: [...state.revokedIdentities],
  };
  return encodeResource(TYPE_URL.TRUST, state.trustDomain, [], Trust.encode(message).finish());
}

/** What is asked of one proxy alone; the rest of its ProxyConfig is the mesh's. */
export type InstanceSettings = Omit<ProxyConfig, "tracesPerMillion">;

/** Settings of one instance: its own, and those of the mesh. */
export function compileProxyConfig(instance: string, settings: InstanceSettings, store: MeshStore): EncodedResource {
  const config = { ...settings, tracesPerMillion: tracesPerMillion(store) };
  return encodeResource(TYPE_URL.PROXY_CONFIG, instance, [], ProxyConfig.encode(config).finish());
}

function tracesPerMillion(store: MeshStore): number {
  const percent = store.get<MeshConfig>("MeshConfig", MESH_CONFIG_NAME)?.spec?.tracing?.samplingPercent ?? DEFAULT_SAMPLING_PERCENT;
  return Math.round(percent * 10_000);
}
