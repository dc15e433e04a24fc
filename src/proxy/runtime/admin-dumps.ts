import type { Credentials } from "../tls/credentials.ts";
import type { Configuration } from "./configuration.ts";

/** Every destination with its backends' endpoints, as /clusters shows them. */
export function clustersDump(config: Configuration): string {
  const destinations = config.destinations.map((entry) => ({
    destination: entry.name,
    state: entry.active !== null ? "active" : entry.removed ? "unknown" : "waiting",
    swapping: entry.pending !== null && entry.active !== null,
    backends: (entry.active?.endpointNames ?? []).map((name) => ({
      name,
      endpoints: (config.balancer(name)?.states ?? []).map(({ endpoint, inFlight }) => ({
        address: endpoint.address,
        port: endpoint.port,
        identity: endpoint.identity,
        instance: endpoint.instance,
        health: endpoint.health,
        inFlight,
      })),
    })),
  }));
  return JSON.stringify(destinations, null, 2);
}

/** The public part of the own certificate, as /certificate shows it; `null` without one. */
export function certificateDump(credentials: Credentials | null): string {
  if (credentials === null) return "null";
  const { identity, serial, notBeforeMs, notAfterMs, chainPem } = credentials;
  return JSON.stringify(
    { identity, serial, notBefore: new Date(notBeforeMs).toISOString(), notAfter: new Date(notAfterMs).toISOString(), chain: chainPem },
    null,
    2,
  );
}
