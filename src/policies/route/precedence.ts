import { byAge } from "../attachment.ts";
import type { HTTPRouteMatch } from "../kit/matches.ts";
import type { HTTPRoute } from "./http-route.ts";

/** One match of one rule, where it stands in its object. */
export interface RankedMatch {
  readonly route: HTTPRoute;
  readonly ruleIndex: number;
  readonly matchIndex: number;
  readonly match: HTTPRouteMatch;
}

/**
 * The Gateway API's order among all matches of all routes of one parent (HTTPRouteRule.matches):
 * exact path, then the longest prefix, then a method, then more headers, then more query parameters;
 * ties go to the oldest route, then by `namespace/name`, then to the first rule and match. Where a
 * regular expression stands is left to implementations: ours come after exact paths, before prefixes.
 */
export function comparePrecedence(a: RankedMatch, b: RankedMatch): number {
  return (
    pathRank(b.match) - pathRank(a.match) ||
    pathLength(b.match) - pathLength(a.match) ||
    Number(b.match.method !== undefined) - Number(a.match.method !== undefined) ||
    (b.match.headers?.length ?? 0) - (a.match.headers?.length ?? 0) ||
    (b.match.queryParams?.length ?? 0) - (a.match.queryParams?.length ?? 0) ||
    byAge(a.route, b.route) ||
    a.ruleIndex - b.ruleIndex ||
    a.matchIndex - b.matchIndex
  );
}

function pathRank(match: HTTPRouteMatch): number {
  const type = match.path?.type ?? "PathPrefix";
  return type === "Exact" ? 2 : type === "RegularExpression" ? 1 : 0;
}

function pathLength(match: HTTPRouteMatch): number {
  return (match.path?.value ?? "/").length;
}
