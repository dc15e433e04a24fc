/**
 * The parts of a gateway.networking.k8s.io HTTPRoute that translation reads, and which Services it
 * names (https://gateway-api.sigs.k8s.io/reference/spec/, mesh use: GEP-1226).
 */
import type { Condition, KubeObject } from "../../model/object.ts";
import type { HTTPRouteMatch } from "../kit/matches.ts";

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number;
  readonly weight?: number;
  readonly filters?: readonly { readonly type: string }[];
}

export interface HTTPRouteRule {
  readonly name?: string;
  readonly matches?: readonly HTTPRouteMatch[];
  readonly filters?: readonly { readonly type: string }[];
  readonly backendRefs?: readonly BackendRef[];
  readonly timeouts?: object;
  readonly retry?: object;
  readonly sessionPersistence?: object;
}

export interface HTTPRouteSpec {
  readonly parentRefs?: readonly ParentRef[];
  readonly hostnames?: readonly string[];
  readonly useDefaultGateways?: string;
  readonly rules?: readonly HTTPRouteRule[];
}

export interface RouteParentStatus {
  readonly parentRef: ParentRef;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

export type HTTPRoute = KubeObject<HTTPRouteSpec, { readonly parents?: readonly RouteParentStatus[] }>;

/** True for a parent in the mesh: a core Service. */
export function isServiceParent(ref: ParentRef): boolean {
  return ref.kind === "Service" && (ref.group ?? "") === "";
}

/** `namespace/name` of every Service the route is attached to, each once. */
export function parentServices(route: HTTPRoute): readonly string[] {
  const refs = (route.spec?.parentRefs ?? []).filter(isServiceParent);
  return [...new Set(refs.map((ref) => `${ref.namespace ?? route.metadata.namespace ?? "default"}/${ref.name}`))];
}

/** `namespace/name` of every Service a rule sends to, each once. */
export function backendServices(route: HTTPRoute): readonly string[] {
  const services = new Set<string>();
  for (const rule of route.spec?.rules ?? []) {
    for (const ref of rule.backendRefs ?? []) services.add(`${ref.namespace ?? route.metadata.namespace ?? "default"}/${ref.name}`);
  }
  return [...services];
}
