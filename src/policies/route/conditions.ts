import { resolveBackend, type RefReason, type ServiceLookup } from "./backend.ts";
import type { HTTPRoute, ParentRef } from "./http-route.ts";

/** A condition before it is dated. */
export interface Verdict {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** What a route is told about one parent: does the Service take it, and do its backends exist. */
export function routeVerdicts(
  route: HTTPRoute,
  ref: ParentRef,
  services: ServiceLookup,
  parent: { readonly ports: readonly number[]; readonly portNames: readonly string[]; carriesHttp(port: number): boolean } | undefined,
): readonly Verdict[] {
  return [accepted(route, ref, parent), resolved(route, services), ...partiallyInvalid(route)];
}

function accepted(route: HTTPRoute, ref: ParentRef, parent: Parameters<typeof routeVerdicts>[3]): Verdict {
  const name = `${ref.namespace ?? route.metadata.namespace ?? "default"}/${ref.name}`;
  const no = (reason: string, message: string): Verdict => ({ type: "Accepted", status: "False", reason, message });
  if (parent === undefined) return no("NoMatchingParent", `Service ${name} does not exist`);
  if (ref.port !== undefined && !parent.ports.includes(ref.port)) {
    return no("NoMatchingParent", `Service ${name} has no port ${ref.port} (it has ${parent.ports.join(", ") || "none"})`);
  }
  if (ref.sectionName !== undefined && !parent.portNames.includes(ref.sectionName)) {
    return no("NoMatchingParent", `Service ${name} has no port named ${ref.sectionName}`);
  }
  const ports = ref.port === undefined ? parent.ports : [ref.port];
  if (!ports.some((port) => parent.carriesHttp(port)))
    return no("UnsupportedProtocol", `Service ${name} does not speak HTTP on ${ports.join(", ")}`);
  return { type: "Accepted", status: "True", reason: "Accepted", message: "attached" };
}

/** The first reference that fails gives the reason; the message names them all. */
function resolved(route: HTTPRoute, services: ServiceLookup): Verdict {
  const problems: { reason: RefReason; message: string }[] = [];
  for (const [ruleIndex, rule] of (route.spec?.rules ?? []).entries()) {
    for (const ref of rule.backendRefs ?? []) {
      const backend = resolveBackend(route, ref, services);
      if (!backend.ok) problems.push({ reason: backend.reason, message: `rule ${ruleIndex}: ${backend.message}` });
    }
  }
  const [first] = problems;
  if (first === undefined) return { type: "ResolvedRefs", status: "True", reason: "ResolvedRefs", message: "all references resolve" };
  return { type: "ResolvedRefs", status: "False", reason: first.reason, message: problems.map((problem) => problem.message).join("; ") };
}

/** What this version leaves out is said, so that nobody believes it acts. */
function partiallyInvalid(route: HTTPRoute): readonly Verdict[] {
  const left: string[] = [];
  for (const [index, rule] of (route.spec?.rules ?? []).entries()) {
    for (const filter of rule.filters ?? [])
      left.push(`rule ${index}: filter ${filter.type} is not supported yet; its requests are refused with 500`);
    for (const field of ["timeouts", "retry", "sessionPersistence"] as const) {
      if (rule[field] !== undefined) left.push(`rule ${index}: ${field} has no effect yet`);
    }
  }
  if ((route.spec?.hostnames ?? []).length > 0) left.push("hostnames are ignored for Service parents (GEP-1226)");
  return left.length === 0 ? [] : [{ type: "PartiallyInvalid", status: "True", reason: "UnsupportedValue", message: left.join("; ") }];
}
