import { EXIT, UserError } from "../../lib/errors.ts";
import type { HTTPRoute } from "../../policies/route/http-route.ts";
import { sameJson } from "../apply/merge.ts";
import { type Backend, HTTP_ROUTE_API_VERSION, type SplitTarget, type Weight } from "./types.ts";

/** Name of the route that holds a service's split. */
export function splitName(service: string): string {
  return `${service}-split`;
}

/** The whole route: one rule, a backend for each weight. Of `existing` only its identity is kept. */
export function splitRoute(
  target: SplitTarget,
  backends: readonly Backend[],
  weights: readonly Weight[],
  existing: HTTPRoute | null,
): HTTPRoute {
  const { namespace, service, port } = target;
  return {
    apiVersion: HTTP_ROUTE_API_VERSION,
    kind: "HTTPRoute",
    metadata: existing?.metadata ?? { name: splitName(service), namespace },
    spec: {
      parentRefs: [{ group: "", kind: "Service", name: service, port }],
      rules: [
        {
          backendRefs: backends.map((backend) => ({
            name: backend.service,
            port: backend.port,
            weight: weights.find(({ version }) => version === backend.version)?.weight ?? 0,
          })),
        },
      ],
    },
  };
}

/** Refuses to replace a route of that name that says more than a split: somebody wrote it by hand. */
export function requirePlainSplit(route: HTTPRoute, service: string): void {
  const { parentRefs = [], rules = [], hostnames = [] } = route.spec ?? {};
  const reason = ((): string | null => {
    if (parentRefs.length !== 1 || parentRefs[0]?.kind !== "Service" || parentRefs[0].name !== service)
      return `its parent is not service ${service} alone`;
    if (hostnames.length > 0) return "it has host names";
    if (rules.length !== 1) return `it has ${rules.length} rules`;
    const [rule = {}] = rules;
    const extra = Object.keys(rule).filter((field) => field !== "backendRefs" && !(field === "matches" && isDefaultMatch(rule.matches)));
    if (extra.length > 0) return `its rule has ${extra.join(" and ")}`;
    return (rule.backendRefs ?? []).some(({ filters = [] }) => filters.length > 0) ? "a backend has filters" : null;
  })();
  if (reason === null) return;
  const name = route.metadata.name;
  throw new UserError(`HTTPRoute ${route.metadata.namespace}/${name} is more than a split (${reason}); it is left as it is`, {
    hint: `Change it with \`meshctl get httproute ${name} -o yaml\` and \`meshctl apply -f\`, or delete it first.`,
    exitCode: EXIT.REFUSED,
  });
}

/** What the API writes where nothing was said: one match, PathPrefix /. */
function isDefaultMatch(matches: unknown): boolean {
  return sameJson(matches, [{ path: { type: "PathPrefix", value: "/" } }]);
}
