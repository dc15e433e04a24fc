import { compileInbound } from "../../../src/decide/inbound.ts";
import { createBalancer } from "../../../src/decide/balancer.ts";
import type { Balancer, InboundStack, OutboundStack } from "../../../src/decide/contract.ts";
import { compileOutbound } from "../../../src/decide/outbound.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import {
  type Endpoint,
  Health,
  Inbound,
  type InboundPort,
  MtlsMode,
  Outbound,
  type Policy,
  Protocol,
} from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Source } from "../../../src/policies/contract.ts";
import type { ConfigView } from "../../../src/proxy/contract.ts";

export const DESTINATION = "default/api:80";

export function endpoint(port: number, identity = "", address = "127.0.0.1"): Endpoint {
  return {
    address,
    port,
    identity,
    instance: `default/api-${port}`,
    zone: "",
    weight: 1,
    health: Health.READY,
    capabilities: [],
    version: "",
    workload: "api",
  };
}

/** Configuration in memory: one service `default/api:80`, and inbound ports. */
export class StubView implements ConfigView {
  readonly self: Source = {
    identity: "spiffe://cluster.local/ns/default/sa/web",
    namespace: "default",
    serviceAccount: "web",
    workload: "web",
  };
  readonly balancers = new Map<string, Balancer>();
  readonly stacks = new Map<string, OutboundStack>();
  readonly inbounds = new Map<number, InboundStack>();
  /** Destinations that appear only when resolved. */
  readonly late = new Map<string, OutboundStack>();

  constructor(endpoints: readonly Endpoint[], policies: readonly Policy[] = []) {
    this.addService("api", 80, endpoints, policies);
  }

  addService(
    name: string,
    port: number,
    endpoints: readonly Endpoint[],
    policies: readonly Policy[] = [],
    protocol: Protocol = Protocol.HTTP,
  ): void {
    const destination = `default/${name}:${port}`;
    const balancer = createBalancer(seededRandom(7));
    balancer.update(endpoints, 0);
    this.balancers.set(destination, balancer);
    const message = Outbound.fromPartial({ service: `default/${name}`, port, protocol, policies: [...policies] });
    this.stacks.set(destination, compileOutbound(destination, message));
  }

  addInbound(port: number, policies: readonly Policy[] = [], protocol: Protocol = Protocol.HTTP): void {
    const message: InboundPort = {
      port,
      protocol,
      mtls: MtlsMode.PERMISSIVE,
      policies: [...policies],
      service: DESTINATION,
    };
    this.inbounds.set(port, compileInbound(Inbound.fromPartial({ ports: [message] }).ports[0] as InboundPort));
  }

  outbound(destination: string): OutboundStack | undefined {
    return this.stacks.get(destination);
  }

  resolveOutbound(destination: string, done: Parameters<ConfigView["resolveOutbound"]>[1]): void {
    setImmediate(() => {
      const stack = this.stacks.get(destination) ?? this.late.get(destination);
      if (stack === undefined) done(null, "unknown-destination");
      else done(stack, null);
    });
  }

  balancer(name: string): Balancer | undefined {
    return this.balancers.get(name);
  }

  inbound(appPort: number): InboundStack | undefined {
    return this.inbounds.get(appPort);
  }

  destinationOf(authority: string): string | null {
    const [name = "", port = "80"] = authority.split(":");
    return name.includes(".") ? null : `default/${name}:${port}`;
  }
}
