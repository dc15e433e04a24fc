/** Outbound message → what the outbound proxy runs on. */
import { messageOf } from "../lib/errors.ts";
import { comparisonForm } from "../match/comparison.ts";
import { RequestMatcher } from "../match/request.ts";
import { RouteTable } from "../match/table.ts";
import { type Outbound, Protocol, type Route, type WeightedBackend } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { Filter, RequestView } from "../policies/contract.ts";
import type { CompiledBackend, CompiledRoute, OutboundStack } from "./contract.ts";
import { compileFilters, NO_FILTERS } from "./filters.ts";
import { readProtocol } from "./protocol.ts";

const EVERYTHING = new RequestMatcher({ path: undefined, headers: [], query: [], method: "" });

class Stack implements OutboundStack {
  readonly name: string;
  readonly protocol: Protocol;
  readonly meshed: boolean;
  readonly routes: readonly CompiledRoute[];
  readonly endpointNames: readonly string[];
  readonly #table: RouteTable | null;

  constructor(name: string, message: Outbound, routes: readonly CompiledRoute[], table: RouteTable | null) {
    this.name = name;
    this.protocol = readProtocol(message.protocol);
    this.meshed = message.meshed;
    this.routes = routes;
    this.endpointNames = [...new Set(routes.flatMap((route) => route.backends.filter(isReal).map((backend) => backend.endpointsName)))];
    this.#table = table;
  }

  chooseRoute(request: RequestView): CompiledRoute | null {
    if (this.#table === null) return this.routes[0] ?? null;
    const index = this.#table.find(request, comparisonForm(request.path));
    return index === -1 ? null : (this.routes[index] as CompiledRoute);
  }
}

/** `name` is the resource's: `namespace/service:port`. Throws with a reason (the resource is NACKed) for anything it cannot hold to. */
export function compileOutbound(name: string, message: Outbound): OutboundStack {
  const serviceFilters = compileFilters(message.policies, "outbound");
  if (message.routes.length === 0) return new Stack(name, message, [plainRoute(name, serviceFilters)], null);
  const matchers = message.routes.map((route) => inRoute(route, () => route.matches.map((match) => new RequestMatcher(match))));
  const routes = message.routes.map((route) => inRoute(route, () => compileRoute(route, message)));
  return new Stack(name, message, routes, new RouteTable(matchers, EVERYTHING));
}

/** A service without routes: everything goes to its own endpoints. */
function plainRoute(name: string, filters: readonly Filter[]): CompiledRoute {
  const backend: CompiledBackend = { endpointsName: name, weight: 1, invalid: "", filters: NO_FILTERS };
  return { label: "", filters, backends: [backend], totalWeight: 1 };
}

function compileRoute(route: Route, message: Outbound): CompiledRoute {
  const backends = route.backends.map(compileBackend);
  return {
    label: labelOf(route),
    filters: compileFilters([...message.policies, ...route.policies], "outbound"),
    backends,
    totalWeight: backends.reduce((sum, backend) => sum + backend.weight, 0),
  };
}

function compileBackend(backend: WeightedBackend): CompiledBackend {
  if (backend.endpoints === "" && backend.invalid === "") throw new Error("a backend names no endpoints");
  const filters = compileFilters(backend.policies, "outbound");
  // The backend is chosen after every delay has passed, so a delay of its own could not be kept.
  const late = filters.find((filter) => filter.delayMs !== undefined);
  if (late !== undefined) throw new Error(`policy ${late.origin}: '${late.id}' cannot act on a single backend`);
  return { endpointsName: backend.endpoints, weight: backend.weight, invalid: backend.invalid, filters };
}

/** A share of weight 0 gets no traffic and needs no endpoints. */
function isReal(backend: CompiledBackend): boolean {
  return backend.invalid === "" && backend.weight > 0;
}

function labelOf(route: Route): string {
  return `${route.origin} rule ${route.ruleIndex}`;
}

function inRoute<T>(route: Route, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new Error(`${labelOf(route)}: ${messageOf(error)}`, { cause: error });
  }
}
