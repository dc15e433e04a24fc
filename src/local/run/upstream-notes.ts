import type { KubeObject } from "../../model/object.ts";
import type { PlannedUpstream } from "./plan.ts";

/**
 * A sentence for each upstream that leads nowhere yet. Not an error: programs may start in any order.
 * `services` are those of the upstreams' namespaces.
 */
export function upstreamNotes(upstreams: readonly PlannedUpstream[], services: readonly KubeObject[]): readonly string[] {
  return upstreams.flatMap(({ destination }) => {
    const [namespace = "", rest = ""] = destination.split("/");
    const [name = "", port = ""] = rest.split(":");
    const found = services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    if (found === undefined) return [`there is no service ${namespace}/${name} yet: calls to it fail until one is there`];
    const { ports = [] } = (found.spec ?? {}) as { readonly ports?: readonly { readonly port: number }[] };
    if (ports.some((served) => String(served.port) === port)) return [];
    const has = ports.length === 0 ? "" : ` (it has ${ports.map((served) => served.port).join(", ")})`;
    return [`service ${namespace}/${name} has no port ${port} yet${has}: calls to it fail until it does`];
  });
}

/** Namespaces that upstreams lead to. */
export function upstreamNamespaces(upstreams: readonly PlannedUpstream[]): readonly string[] {
  return [...new Set(upstreams.map(({ destination }) => destination.split("/")[0] ?? ""))];
}
