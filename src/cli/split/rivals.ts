import { keyOf } from "../../model/object.ts";
import type { HTTPRouteMatch } from "../../policies/kit/matches.ts";
import { type HTTPRoute, type HTTPRouteRule, isServiceParent } from "../../policies/route/http-route.ts";

/** Routes that stand beside a split on the same service port. */
export interface Rivals {
  /** Takes every request before the split's rule is reached. */
  readonly winner: HTTPRoute | null;
  /** Take some requests: more specific matches, or callers of another namespace. `what` finishes "… go by HTTPRoute x". */
  readonly partial: readonly { readonly route: HTTPRoute; readonly what: string }[];
}

/**
 * Judges `routes` against a split `namespace/name` on `service:port` (rules of precedence:
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule): the most specific match wins, among
 * equals the older route, then the alphabetically first. The split's one rule matches everything.
 */
export function findRivals(routes: readonly HTTPRoute[], service: string, port: number, split: HTTPRoute): Rivals {
  const namespace = split.metadata.namespace ?? "default";
  let winner: HTTPRoute | null = null;
  const partial: { route: HTTPRoute; what: string }[] = [];
  for (const route of routes) {
    if (keyOf(route) === keyOf(split) || !attaches(route, namespace, service, port)) continue;
    if (route.metadata.namespace !== namespace) {
      partial.push({ route, what: `requests from namespace ${route.metadata.namespace}` });
      continue;
    }
    const rules = route.spec?.rules ?? [{}];
    if (rules.some(matchesEverything) && isBefore(route, split)) winner ??= route;
    const specific = rules.filter((rule) => !matchesEverything(rule)).map(describeMatches);
    if (specific.length > 0) partial.push({ route, what: `requests with ${specific.join(" or ")}` });
  }
  return { winner, partial };
}

/** Whether `route` has the Service as a parent, for this port or for all of them. */
export function attaches(route: HTTPRoute, namespace: string, service: string, port: number | undefined): boolean {
  return (route.spec?.parentRefs ?? []).some(
    (parent) =>
      isServiceParent(parent) &&
      parent.name === service &&
      (parent.namespace ?? route.metadata.namespace) === namespace &&
      (parent.port === undefined || port === undefined || parent.port === port),
  );
}

function matchesEverything(rule: HTTPRouteRule): boolean {
  const { matches = [] } = rule;
  return matches.length === 0 || matches.some(isCatchAll);
}

function isCatchAll({ path, method, headers = [], queryParams = [] }: HTTPRouteMatch): boolean {
  const everyPath = path === undefined || ((path.type ?? "PathPrefix") === "PathPrefix" && (path.value ?? "/") === "/");
  return everyPath && method === undefined && headers.length === 0 && queryParams.length === 0;
}

/** A split that does not exist yet is younger than everything. */
function isBefore(route: HTTPRoute, split: HTTPRoute): boolean {
  const [created, own] = [route.metadata.creationTimestamp ?? "", split.metadata.creationTimestamp];
  if (own === undefined || created < own) return true;
  return created === own && keyOf(route) < keyOf(split);
}

/** `path /items, header x-canary` for people. */
export function describeMatches({ matches = [] }: HTTPRouteRule): string {
  if (matches.length === 0) return "everything";
  return matches.map(describeMatch).join(" or ");
}

function describeMatch({ path, method, headers = [], queryParams = [] }: HTTPRouteMatch): string {
  const parts: string[] = [];
  if (path?.value !== undefined && !(path.value === "/" && (path.type ?? "PathPrefix") === "PathPrefix")) {
    const star = (path.type ?? "PathPrefix") === "PathPrefix" ? "*" : "";
    parts.push(path.type === "RegularExpression" ? `path ~ ${path.value}` : `path ${path.value}${star}`);
  }
  if (method !== undefined) parts.push(`method ${method}`);
  for (const { name, value, type } of headers) parts.push(`header ${name}${type === "RegularExpression" ? "~" : "="}${value}`);
  for (const { name, value, type } of queryParams) parts.push(`query ${name}${type === "RegularExpression" ? "~" : "="}${value}`);
  return parts.length === 0 ? "everything" : parts.join(" and ");
}
