import { parseDurationMs } from "../../lib/duration.ts";
import type { Violation } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/object.ts";
import { matchViolations } from "../kit/match-schema.ts";
import { filterViolations } from "./filter-validate.ts";
import type { HTTPRoute, HTTPRouteRule, HTTPRouteSpec } from "./schema.ts";

/** The Gateway API allows so many matches in all rules of one route together. */
const MAX_MATCHES = 128;

/** Rules of the Gateway API's HTTPRoute that its schema cannot say (CEL rules of the v1 CRD, and the documented ones beside). */
export function validateHTTPRoute(object: KubeObject): readonly Violation[] {
  const { parentRefs = [], rules } = (object as HTTPRoute).spec as HTTPRouteSpec;
  const found: Violation[] = [...parentViolations(parentRefs)];
  const names = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const at = `spec.rules[${index}]`;
    if (rule.name !== undefined && names.has(rule.name)) found.push({ path: `${at}.name`, message: `"${rule.name}" stands there twice` });
    if (rule.name !== undefined) names.add(rule.name);
    found.push(...ruleViolations(rule, at));
  }
  const matches = rules.reduce((sum, rule) => sum + rule.matches.length, 0);
  if (matches > MAX_MATCHES)
    found.push({ path: "spec.rules", message: `must have at most ${MAX_MATCHES} matches together, not ${matches}` });
  return found;
}

type ParentRefs = NonNullable<HTTPRouteSpec["parentRefs"]>;

function parentViolations(refs: ParentRefs): readonly Violation[] {
  const found: Violation[] = [];
  for (const [index, ref] of refs.entries()) {
    const at = `spec.parentRefs[${index}]`;
    if (ref.kind === "Service" && ref.group === "gateway.networking.k8s.io") {
      found.push({
        path: `${at}.group`,
        message: 'must be "" for a Service',
        hint: 'add group: ""; absent means gateway.networking.k8s.io',
      });
    }
    // Entries for one object must differ in sectionName or port, and all of them must set the same of the two.
    const same = refs.slice(0, index).find((other) => parentKey(other) === parentKey(ref));
    if (same === undefined) continue;
    const shape = (other: ParentRefs[number]): string => `${other.sectionName === undefined} ${other.port === undefined}`;
    const twin = refs
      .slice(0, index)
      .some((other) => parentKey(other) === parentKey(ref) && other.sectionName === ref.sectionName && other.port === ref.port);
    if (twin || shape(same) !== shape(ref)) {
      found.push({
        path: at,
        message: `refers to ${ref.kind} "${ref.name}" again: each entry for it must set sectionName or port, the same ones, to another value`,
      });
    }
  }
  return found;
}

function parentKey({ group, kind, namespace, name }: ParentRefs[number]): string {
  return `${group}/${kind}/${namespace ?? ""}/${name}`;
}

function ruleViolations(rule: HTTPRouteRule, at: string): readonly Violation[] {
  const found: Violation[] = [];
  for (const [index, match] of rule.matches.entries()) found.push(...matchViolations(match, `${at}.matches[${index}]`));
  found.push(...filterViolations(rule.filters ?? [], `${at}.filters`, rule.matches));
  for (const [index, backend] of (rule.backendRefs ?? []).entries()) {
    const place = `${at}.backendRefs[${index}]`;
    if (backend.group === "" && backend.kind === "Service" && backend.port === undefined) {
      found.push({ path: `${place}.port`, message: "is required" });
    }
    found.push(...filterViolations(backend.filters ?? [], `${place}.filters`, rule.matches));
  }
  const redirects = rule.filters?.some((filter) => filter.type === "RequestRedirect") ?? false;
  if (redirects && (rule.backendRefs?.length ?? 0) > 0) {
    found.push({ path: `${at}.backendRefs`, message: "must not stand beside a RequestRedirect filter: nothing would reach them" });
  }
  return [...found, ...timeoutViolations(rule, at), ...persistenceViolations(rule, at)];
}

function timeoutViolations({ timeouts }: HTTPRouteRule, at: string): readonly Violation[] {
  if (timeouts?.request === undefined || timeouts.backendRequest === undefined) return [];
  const requestMs = parseDurationMs(timeouts.request) ?? 0;
  // 0s means no deadline at all.
  if (requestMs === 0 || (parseDurationMs(timeouts.backendRequest) ?? 0) <= requestMs) return [];
  return [{ path: `${at}.timeouts.backendRequest`, message: "must not be longer than request" }];
}

function persistenceViolations({ sessionPersistence }: HTTPRouteRule, at: string): readonly Violation[] {
  if (sessionPersistence === undefined) return [];
  const { type, cookieConfig, absoluteTimeout } = sessionPersistence;
  const found: Violation[] = [];
  if (cookieConfig !== undefined && type === "Header") {
    found.push({ path: `${at}.sessionPersistence.cookieConfig`, message: "must not stand beside type Header" });
  }
  if (cookieConfig?.lifetimeType === "Permanent" && absoluteTimeout === undefined) {
    found.push({ path: `${at}.sessionPersistence.absoluteTimeout`, message: "is required" });
  }
  return found;
}
