import type { Source } from "../../policies/contract.ts";

/** `spiffe://<trust-domain>/ns/<namespace>/sa/<service-account>` (design section 7). */
const MESH_ID = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/;
const LABEL = /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/;

/** The caller of an inbound connection, from what its certificate proved; empty identity: plaintext. */
export function sourceOfPeer(identity: string): Source {
  const match = MESH_ID.exec(identity);
  return Object.freeze({ identity, namespace: match?.[1] ?? "", serviceAccount: match?.[2] ?? "", workload: "" });
}

/**
 * How telemetry names a caller: what its proxy said when that lies in the namespace its identity proves,
 * else its service account, else its address.
 */
export function sourceLabel(source: Source, named: string | undefined, address: string): string {
  if (source.namespace === "") return source.identity === "" ? address : source.identity;
  if (named !== undefined && LABEL.test(named) && named.startsWith(`${source.namespace}/`)) return named;
  return `${source.namespace}/${source.serviceAccount}`;
}
