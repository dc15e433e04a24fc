import type { InboundPort } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { InboundStack } from "./contract.ts";
import { compileFilters } from "./filters.ts";
import { readMtlsMode, readProtocol } from "./protocol.ts";

/** One port of an Inbound message → what the inbound proxy runs on. Throws with a reason (the resource is NACKed). */
export function compileInbound(port: InboundPort): InboundStack {
  // 0 stands for every port that is not named.
  if (!Number.isInteger(port.port) || port.port < 0 || port.port > 65_535) throw new Error(`port ${port.port} is not in 0-65535`);
  return {
    port: port.port,
    protocol: readProtocol(port.protocol),
    mtls: readMtlsMode(port.mtls),
    filters: compileFilters(port.policies, "inbound"),
    service: port.service,
  };
}
