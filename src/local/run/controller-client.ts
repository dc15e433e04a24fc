import { API, type JoinTokenRequest, type JoinTokenResponse, type ServerVersion, type TrustBundleResponse } from "../../api/contract.ts";
import type { KubeClient } from "../../kube/contract.ts";

/** What a sidecar must know of its mesh before it has an identity. */
export interface MeshFacts {
  readonly trustDomain: string;
  /** PEM. */
  readonly trustBundle: string;
  readonly discoveryPort: number;
}

export async function readMeshFacts(client: KubeClient): Promise<MeshFacts> {
  const [version, trust] = await Promise.all([
    client.request<ServerVersion>("GET", API.VERSION),
    client.request<TrustBundleResponse>("GET", API.TRUST),
  ]);
  return { trustDomain: trust.trustDomain, trustBundle: trust.pem, discoveryPort: version.discoveryPort };
}

/** A ten-minute token, good for exactly this identity and instance. */
export async function fetchJoinToken(client: KubeClient, { namespace, serviceAccount, instance }: JoinTokenRequest): Promise<string> {
  const body: JoinTokenRequest = { namespace, serviceAccount, instance };
  return (await client.request<JoinTokenResponse>("POST", API.JOIN_TOKENS, body)).token;
}
