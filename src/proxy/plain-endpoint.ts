import type { EndpointState } from "../decide/contract.ts";
import { Health } from "../messages/gen/meshctl/discovery/v1/discovery.ts";

/** A place without identity, spoken to as it is: the application beside this proxy, or one the mesh does not know. */
export function plainEndpoint(address: string, port: number, workload: string): EndpointState {
  const endpoint = {
    address,
    port,
    identity: "",
    instance: "",
    zone: "",
    weight: 1,
    health: Health.READY,
    capabilities: [],
    version: "",
    workload,
  };
  return { endpoint, inFlight: 0 };
}

/** Where an application beside its proxy is found; some listen on one address family only. */
export const APP_ON_LOOPBACK: readonly string[] = Object.freeze(["127.0.0.1", "::1"]);
