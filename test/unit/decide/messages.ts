import {
  type Endpoint,
  Health,
  type Outbound,
  type Policy,
  Protocol,
  type Route,
  type WeightedBackend,
} from "../../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { Fault, type FaultRule } from "../../../src/messages/gen/meshctl/policy/v1/fault.ts";

export function outbound(over: Partial<Outbound> = {}): Outbound {
  return { service: "default/api", port: 80, protocol: Protocol.HTTP, routes: [], policies: [], meshed: true, ...over };
}

export function route(over: Partial<Route> = {}): Route {
  return { origin: "HTTPRoute/default/r", ruleIndex: 0, ruleName: "", matches: [], backends: [backend("api")], policies: [], ...over };
}

export function backend(name: string, weight = 1, invalid = ""): WeightedBackend {
  return { endpoints: invalid === "" ? `default/${name}:80` : "", weight, invalid, policies: [] };
}

export function endpoint(port: number, over: Partial<Endpoint> = {}): Endpoint {
  return {
    address: "127.0.0.1",
    port,
    identity: "",
    instance: "",
    zone: "",
    weight: 1,
    health: Health.READY,
    capabilities: [],
    version: "",
    workload: "",
    ...over,
  };
}

export function fault(rules: readonly Partial<FaultRule>[], expiresAtUnixMs = 0): Policy {
  const full = rules.map((rule) => ({ matches: [], sources: [], delay: undefined, abort: undefined, ...rule }));
  return {
    id: "fault",
    origin: "FaultInjection/default/f",
    config: Buffer.from(Fault.encode({ rules: full, expiresAtUnixMs }).finish()),
  };
}
