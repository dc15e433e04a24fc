import { Outbound, type Policy, type Route } from "../messages/gen/meshctl/discovery/v1/discovery.ts";
import type { PolicyTranslation } from "../policies/catalog.ts";
import type { HTTPRoute } from "../policies/route/http-route.ts";
import { attachesTo, translateRoutes, type RouteParent } from "../policies/route/translate.ts";
import { isMeshed } from "./endpoints.ts";
import { portNumbered, type Service } from "./objects.ts";
import { policyForRule, policyForService } from "./placement.ts";
import { translatePolicies } from "./policies.ts";
import { carriesHttp, protocolOf } from "./protocol.ts";
import type { MeshStore } from "./store.ts";

/** The Service's own routes; or, where the client's namespace has some for it, those instead (GAMMA consumer routes). */
export function routesInView(store: MeshStore, service: string, view: string): readonly HTTPRoute[] {
  const namespace = service.split("/", 1)[0];
  const from = view === "" ? namespace : view;
  return store.routesOf(service).filter((route) => (route.metadata.namespace ?? "default") === from);
}

/** The view a client gets: its namespace where it has consumer routes for the Service, else the common one. */
export function viewOf(store: MeshStore, service: string, clientNamespace: string): string {
  const namespace = service.split("/", 1)[0];
  if (clientNamespace === namespace) return "";
  return store.routesOf(service).some((route) => route.metadata.namespace === clientNamespace) ? clientNamespace : "";
}

/** Everything a caller needs to send to one Service port; null when the Service or the port does not exist. */
export function compileOutbound(
  store: MeshStore,
  catalog: readonly PolicyTranslation[],
  service: string,
  port: number,
  view: string,
): Outbound | null {
  const object = store.get<Service>("Service", service);
  const servicePort = object === undefined ? undefined : portNumbered(object, port);
  if (object === undefined || servicePort === undefined) return null;
  const namespace = object.metadata.namespace ?? "default";
  const parent: RouteParent = { namespace, name: object.metadata.name, port, portName: servicePort.name ?? "" };
  const protocol = protocolOf(servicePort);
  const servicePolicies = translatePolicies(catalog, (kind) =>
    policyForService(store, kind, namespace, object.metadata.name, servicePort.name ?? ""),
  );
  const attached = carriesHttp(protocol) ? routesInView(store, service, view).filter((route) => attachesTo(route, parent)) : [];
  const routes = translateRoutes(attached, parent, {
    services: (name) => servicePorts(store, name),
    policiesOf: (route, rule) => translatePolicies(catalog, (kind) => policyForRule(store, kind, "HTTPRoute", route, rule.name ?? "")),
  });
  return {
    service,
    port,
    protocol,
    meshed: isMeshed(store, service),
    ...mostSpecific(servicePolicies, routes),
  };
}

/**
 * A route's own policy replaces the Service's of the same kind. Filters of the Service run for every
 * route, so a kind that any route overrides is moved down to the routes that do not.
 */
function mostSpecific(servicePolicies: readonly Policy[], routes: readonly Route[]): { policies: Policy[]; routes: Route[] } {
  const overridden = new Set(routes.flatMap((route) => route.policies.map((policy) => policy.id)));
  const lowered = servicePolicies.filter((policy) => overridden.has(policy.id));
  return {
    policies: servicePolicies.filter((policy) => !overridden.has(policy.id)),
    routes: routes.map((route) => ({
      ...route,
      policies: [...lowered.filter((policy) => !route.policies.some((own) => own.id === policy.id)), ...route.policies],
    })),
  };
}

/** Ports a backendRef may name. */
export function servicePorts(store: MeshStore, service: string): { readonly ports: readonly number[] } | undefined {
  const object = store.get<Service>("Service", service);
  return object === undefined ? undefined : { ports: (object.spec?.ports ?? []).map((port) => port.port) };
}
