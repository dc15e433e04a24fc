import { MatchKind, type NamedMatch, type RouteMatch } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";

export interface HeaderMatch {
  readonly type?: "Exact" | "RegularExpression";
  readonly name: string;
  readonly value: string;
}

/** HTTPRouteMatch of the Gateway API; policies that match requests use the same form. */
export interface HTTPRouteMatch {
  readonly path?: { readonly type?: "Exact" | "PathPrefix" | "RegularExpression"; readonly value?: string };
  readonly headers?: readonly HeaderMatch[];
  readonly queryParams?: readonly HeaderMatch[];
  readonly method?: string;
}

const PATH_KIND = { Exact: MatchKind.EXACT, PathPrefix: MatchKind.PREFIX, RegularExpression: MatchKind.REGEX } as const;

/** A match in Gateway API form as the wire carries it; defaults filled in, header names in lower case. */
export function translateMatch(match: HTTPRouteMatch): RouteMatch {
  const kind = PATH_KIND[match.path?.type ?? "PathPrefix"];
  const value = match.path?.value ?? "/";
  return {
    // `/items/` and `/items` are the same prefix: whole segments count.
    path: { kind, value: kind === MatchKind.PREFIX && value.length > 1 ? value.replace(/\/+$/, "") || "/" : value },
    headers: named(match.headers, (name) => name.toLowerCase()),
    query: named(match.queryParams, (name) => name),
    method: match.method ?? "",
  };
}

/** Of several entries with one name only the first counts (HTTPHeaderMatch.name). */
function named(matches: readonly HeaderMatch[] | undefined, spell: (name: string) => string): NamedMatch[] {
  const byName = new Map<string, NamedMatch>();
  for (const { name, type, value } of matches ?? []) {
    const spelled = spell(name);
    if (byName.has(spelled)) continue;
    byName.set(spelled, { name: spelled, match: { kind: type === "RegularExpression" ? MatchKind.REGEX : MatchKind.EXACT, value } });
  }
  return [...byName.values()];
}
