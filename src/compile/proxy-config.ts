import { encodeResource, type EncodedResource } from "../discovery/resource.ts";
import { ProxyConfig, Trust } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import { TYPE_URL } from "../messages/names.ts";

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

/** Settings of one instance; every proxy has one, empty when nothing is asked of it. */
export function compileProxyConfig(instance: string, config: ProxyConfig): EncodedResource {
  return encodeResource(TYPE_URL.PROXY_CONFIG, instance, [], ProxyConfig.encode(config).finish());
}
