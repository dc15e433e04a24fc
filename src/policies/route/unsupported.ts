import type { Violation } from "../../lib/errors.ts";
import { type HTTPRoute, isServiceParent } from "./http-route.ts";

const NOT_YET = "is not supported yet";

/**
 * What the schema knows and this version does not do, one entry for each field, with what happens instead. A route
 * that has any is not silently half-done: whoever writes it is warned, and its status says so.
 */
export function unsupportedFeatures(route: HTTPRoute): readonly Violation[] {
  const { parentRefs = [], hostnames = [], rules = [], useDefaultGateways } = route.spec ?? {};
  const found: Violation[] = [];
  for (const [index, ref] of parentRefs.entries()) {
    if (!isServiceParent(ref)) {
      const message = `a parent of kind ${ref.kind ?? "Gateway"} ${NOT_YET}: the route does nothing there`;
      found.push({ path: `spec.parentRefs[${index}]`, message, hint: 'group: "" and kind: Service attach it to a Service' });
    }
  }
  if (useDefaultGateways === "All") found.push({ path: "spec.useDefaultGateways", message: `${NOT_YET} and has no effect` });
  if (hostnames.length > 0 && parentRefs.some(isServiceParent)) {
    found.push({ path: "spec.hostnames", message: "has no effect for a Service parent (GEP-1226)" });
  }
  for (const [index, rule] of rules.entries()) {
    const at = `spec.rules[${index}]`;
    for (const [position, { type }] of (rule.filters ?? []).entries()) {
      const message = `the filter ${type} ${NOT_YET}: every request of the rule is refused with 500`;
      found.push({ path: `${at}.filters[${position}]`, message });
    }
    for (const [position, { filters = [] }] of (rule.backendRefs ?? []).entries()) {
      const path = `${at}.backendRefs[${position}].filters`;
      if (filters.length > 0) found.push({ path, message: `${NOT_YET}: the share of this backend is refused with 500` });
    }
    for (const field of ["timeouts", "retry", "sessionPersistence"] as const) {
      if (rule[field] !== undefined) found.push({ path: `${at}.${field}`, message: `${NOT_YET} and has no effect` });
    }
  }
  return found;
}
