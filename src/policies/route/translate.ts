import type { Policy, Route, WeightedBackend } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";
import { originOf } from "../attachment.ts";
import { translateMatch } from "../kit/matches.ts";
import { resolveBackend, type ServiceLookup } from "./backend.ts";
import { type HTTPRoute, type HTTPRouteRule, isServiceParent, type ParentRef } from "./http-route.ts";
import { comparePrecedence, type RankedMatch } from "./precedence.ts";

/** The Service port routes are attached to. */
export interface RouteParent {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly portName: string;
}

export interface RouteContext {
  readonly services: ServiceLookup;
  /** Policies attached to the route or one of its rules. */
  policiesOf(route: HTTPRoute, rule: HTTPRouteRule): readonly Policy[];
}

/** True when one of the route's parentRefs means this Service port. */
export function attachesTo(route: HTTPRoute, parent: RouteParent): boolean {
  return (route.spec?.parentRefs ?? []).some((ref) => refersTo(route, ref, parent));
}

/** A parentRef without port or section means every port of the Service. */
export function refersTo(route: HTTPRoute, ref: ParentRef, parent: RouteParent): boolean {
  return (
    isServiceParent(ref) &&
    ref.name === parent.name &&
    (ref.namespace ?? route.metadata.namespace ?? "default") === parent.namespace &&
    (ref.port === undefined || ref.port === parent.port) &&
    (ref.sectionName === undefined || ref.sectionName === parent.portName)
  );
}

/**
 * The routes of one Service port, one entry for each match, in the order in which the first that
 * holds wins. Backends that do not resolve keep their share and carry the reason: that share is refused.
 */
export function translateRoutes(routes: readonly HTTPRoute[], parent: RouteParent, context: RouteContext): Route[] {
  const ranked: RankedMatch[] = [];
  for (const route of routes) {
    if (!attachesTo(route, parent)) continue;
    for (const [ruleIndex, rule] of (route.spec?.rules ?? []).entries()) {
      const matches = rule.matches === undefined || rule.matches.length === 0 ? [{}] : rule.matches;
      for (const [matchIndex, match] of matches.entries()) ranked.push({ route, ruleIndex, matchIndex, match });
    }
  }
  return ranked.sort(comparePrecedence).map(({ route, ruleIndex, match }) => {
    const rule = route.spec?.rules?.[ruleIndex] ?? {};
    return {
      origin: originOf(route),
      ruleIndex,
      ruleName: rule.name ?? "",
      matches: [translateMatch(match)],
      backends: backends(route, rule, context.services),
      policies: [...context.policiesOf(route, rule)],
    };
  });
}

function backends(route: HTTPRoute, rule: HTTPRouteRule, services: ServiceLookup): WeightedBackend[] {
  const refs = rule.backendRefs ?? [];
  const [filter] = rule.filters ?? [];
  if (filter !== undefined) {
    // A filter that cannot be applied must not be skipped: the request is refused (Gateway API, HTTPRouteRule.filters).
    return [{ endpoints: "", weight: 1, invalid: `filter ${filter.type} is not supported yet`, policies: [] }];
  }
  return refs.map((ref) => {
    const resolved = resolveBackend(route, ref, services);
    return {
      endpoints: resolved.ok ? resolved.endpoints : "",
      weight: ref.weight ?? 1,
      invalid: resolved.ok ? "" : resolved.message,
      policies: [],
    };
  });
}
