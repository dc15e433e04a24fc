import type { BackendRef, HTTPRoute } from "./http-route.ts";

/** What translation asks about Services, answered from the store. */
export type ServiceLookup = (service: string) => { readonly ports: readonly number[] } | undefined;

/** Reasons of the Gateway API's ResolvedRefs condition. */
export type RefReason = "BackendNotFound" | "InvalidKind" | "RefNotPermitted" | "UnsupportedProtocol" | "UnsupportedValue";

export type ResolvedBackend =
  | { readonly ok: true; readonly endpoints: string }
  | { readonly ok: false; readonly reason: RefReason; readonly message: string };

/** A backendRef as the name of an Endpoints resource, or why it is not one. */
export function resolveBackend(route: HTTPRoute, ref: BackendRef, services: ServiceLookup): ResolvedBackend {
  const namespace = route.metadata.namespace ?? "default";
  const kind = ref.kind ?? "Service";
  if (kind !== "Service" || (ref.group ?? "") !== "") return refused("InvalidKind", `${kind} ${ref.name} is not a Service`);
  const target = ref.namespace ?? namespace;
  if (target !== namespace) {
    return refused("RefNotPermitted", `Service ${target}/${ref.name} is in another namespace, and no ReferenceGrant is honoured yet`);
  }
  if (ref.port === undefined) return refused("UnsupportedValue", `the reference to Service ${ref.name} names no port`);
  const service = services(`${target}/${ref.name}`);
  if (service === undefined) return refused("BackendNotFound", `Service ${target}/${ref.name} does not exist`);
  if (!service.ports.includes(ref.port)) {
    return refused(
      "BackendNotFound",
      `Service ${target}/${ref.name} has no port ${ref.port} (it has ${service.ports.join(", ") || "none"})`,
    );
  }
  if ((ref.filters ?? []).length > 0)
    return refused("UnsupportedValue", `filters on the reference to Service ${ref.name} are not supported yet`);
  return { ok: true, endpoints: `${target}/${ref.name}:${ref.port}` };
}

function refused(reason: RefReason, message: string): ResolvedBackend {
  return { ok: false, reason, message };
}
