import type { Violation } from "../../lib/errors.ts";
import { FILTER_FIELDS, type HTTPRouteFilter } from "./filter-schema.ts";
import type { HTTPRouteRule } from "./schema.ts";

/** Types that may stand once in a list of filters. */
const ONCE = new Set<HTTPRouteFilter["type"]>(["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "CORS"]);

/** What the schema cannot say about a list of filters; `at` is the list's field path. */
export function filterViolations(filters: readonly HTTPRouteFilter[], at: string, matches: HTTPRouteRule["matches"]): readonly Violation[] {
  const found: Violation[] = [];
  const seen = new Set<string>();
  for (const [index, filter] of filters.entries()) {
    const place = `${at}[${index}]`;
    if (ONCE.has(filter.type) && seen.has(filter.type)) found.push({ path: `${place}.type`, message: `${filter.type} may stand once` });
    seen.add(filter.type);
    found.push(...unionViolations(filter, place), ...settingViolations(filter, place, matches));
  }
  if (seen.has("RequestRedirect") && seen.has("URLRewrite")) {
    found.push({ path: at, message: "must not have RequestRedirect beside URLRewrite" });
  }
  return found;
}

/** The field of the type must be there, and no other. */
function unionViolations(filter: HTTPRouteFilter, at: string): readonly Violation[] {
  const found: Violation[] = [];
  for (const [type, field] of Object.entries(FILTER_FIELDS)) {
    const present = filter[field] !== undefined;
    if (type === filter.type && !present) found.push({ path: `${at}.${field}`, message: "is required" });
    if (type !== filter.type && present)
      found.push({ path: `${at}.${field}`, message: `must not stand in a filter of type ${filter.type}` });
  }
  return found;
}

function settingViolations(filter: HTTPRouteFilter, at: string, matches: HTTPRouteRule["matches"]): readonly Violation[] {
  const found: Violation[] = [];
  const mirror = filter.requestMirror;
  if (mirror?.percent !== undefined && mirror.fraction !== undefined) {
    found.push({ path: `${at}.requestMirror.fraction`, message: "must not stand beside percent" });
  }
  if (mirror?.fraction !== undefined && mirror.fraction.numerator > mirror.fraction.denominator) {
    found.push({ path: `${at}.requestMirror.fraction.numerator`, message: "must be at most denominator" });
  }
  if (mirror !== undefined && mirror.backendRef.kind === "Service" && mirror.backendRef.port === undefined) {
    found.push({ path: `${at}.requestMirror.backendRef.port`, message: "is required" });
  }
  for (const field of ["requestRedirect", "urlRewrite"] as const) {
    const path = filter[field]?.path;
    if (path !== undefined) found.push(...pathModifierViolations(path, `${at}.${field}.path`, matches));
  }
  return found;
}

type PathModifier = NonNullable<NonNullable<HTTPRouteFilter["urlRewrite"]>["path"]>;

function pathModifierViolations(path: PathModifier, at: string, matches: HTTPRouteRule["matches"]): readonly Violation[] {
  const found: Violation[] = [];
  const [wanted, other] =
    path.type === "ReplaceFullPath"
      ? (["replaceFullPath", "replacePrefixMatch"] as const)
      : (["replacePrefixMatch", "replaceFullPath"] as const);
  if (path[wanted] === undefined) found.push({ path: `${at}.${wanted}`, message: "is required" });
  if (path[other] !== undefined) found.push({ path: `${at}.${other}`, message: `must not stand beside type ${path.type}` });
  if (path.type === "ReplacePrefixMatch" && (matches.length !== 1 || matches[0]?.path?.type !== "PathPrefix")) {
    found.push({ path: `${at}.type`, message: "ReplacePrefixMatch needs exactly one match in the rule, and that a PathPrefix" });
  }
  return found;
}
