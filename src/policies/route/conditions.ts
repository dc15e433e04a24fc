import { resolveBackend, type RefReason, type ServiceLookup } from "./backend.ts";
import type { HTTPRoute, ParentRef } from "./http-route.ts";
import { unsupportedFeatures } from "./unsupported.ts";

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
  const left = unsupportedFeatures(route).map(({ path, message }) => `${path}: ${message}`);
  return left.length === 0 ? [] : [{ type: "PartiallyInvalid", status: "True", reason: "UnsupportedValue", message: left.join("; ") }];
}
