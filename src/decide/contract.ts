/**
 * The compiled form of what a proxy runs on. Made once per configuration (src/decide/outbound.ts,
 * inbound.ts), read per request; immutable, so swapping configuration is one pointer. The proxy and
 * `explain` reach their decisions through these same values.
 */
import type { Endpoint, MtlsMode, Protocol } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Filter, RequestView } from "../policies/contract.ts";

export interface OutboundStack {
  /** `namespace/service:port`. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly meshed: boolean;
  /** In precedence order; a service without routes has one that matches everything. */
  readonly routes: readonly CompiledRoute[];
  /** First route whose match holds, or null: answered 404 no-route. */
  chooseRoute(request: RequestView): CompiledRoute | null;
  /** Every Endpoints resource named by any route: what make-before-break waits for. */
  readonly endpointNames: readonly string[];
}

export interface CompiledRoute {
  /** `HTTPRoute/default/api-split rule 0`; empty for the plain service. */
  readonly label: string;
  /** Service-level filters, then the route's. In execution order. */
  readonly filters: readonly Filter[];
  readonly backends: readonly CompiledBackend[];
  readonly totalWeight: number;
}

export interface CompiledBackend {
  readonly endpointsName: string;
  readonly weight: number;
  /** Non-empty: this share is answered 500 invalid-backend. */
  readonly invalid: string;
  readonly filters: readonly Filter[];
}

export interface InboundStack {
  readonly port: number;
  readonly protocol: Protocol;
  readonly mtls: MtlsMode;
  readonly filters: readonly Filter[];
  /** `namespace/service:port` or empty. */
  readonly service: string;
}

/** Load-balancing state of one endpoint; kept across updates of the same address and identity. */
export interface EndpointState {
  readonly endpoint: Endpoint;
  /** Requests, or TCP connections, under way. */
  inFlight: number;
}

/** P2C with peak-EWMA over one Endpoints resource (design: default balancing). */
export interface Balancer {
  /** Null when nothing is usable. Never one of `excluded` while another is usable. */
  pick(nowMs: number, excluded: readonly EndpointState[]): EndpointState | null;
  /** Call in pairs around each try. `rttMs` is time to the response head; a failure is penalised. */
  began(state: EndpointState, nowMs: number): void;
  ended(state: EndpointState, nowMs: number, rttMs: number, failed: boolean): void;
  /** Replaces the set, keeping the state of endpoints that stay; returns those that left. */
  update(endpoints: readonly Endpoint[], nowMs: number): readonly EndpointState[];
  readonly states: readonly EndpointState[];
}
