import type { KubeClient } from "../../kube/contract.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { type EndpointSlice, endpointSliceKind } from "../../model/kinds/endpoint-slice.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import { targetKey, targetKeys } from "../../policies/attachment.ts";
import { POLICY_KINDS } from "../../policies/kinds.ts";
import { attaches } from "../split/rivals.ts";
import type { HTTPRoute } from "../../policies/route/http-route.ts";

/** What stands on a service: routes, policies and endpoints, as further lines of its description. Nothing for other kinds. */
export async function relatedTo(client: KubeClient, kind: KindDescriptor, object: KubeObject): Promise<string[]> {
  if (kind.kind !== "Service" || kind.group !== "") return [];
  const { name, namespace = "default" } = object.metadata;
  const slices = await client.list<EndpointSlice>(endpointSliceKind, { namespace, labelSelector: `kubernetes.io/service-name=${name}` });
  const standing: string[] = [];
  for (const policy of POLICY_KINDS) {
    const isRoute = policy.group === "gateway.networking.k8s.io";
    const { items } = await client.list(policy, isRoute ? {} : { namespace });
    for (const item of items) {
      const on = isRoute
        ? attaches(item as HTTPRoute, namespace, name, undefined)
        : targetKeys(item).includes(targetKey("Service", namespace, name));
      if (on) standing.push(`  ${policy.kind} ${keyOf(item)}`);
    }
  }
  const endpoints = slices.items.flatMap(({ endpoints: own, ports }) =>
    own.map(({ addresses, conditions, targetRef }) => {
      const where = `${addresses[0] ?? ""}${ports[0]?.port === undefined ? "" : `:${ports[0].port}`}`;
      const state = conditions?.terminating ? "terminating" : conditions?.ready === false ? "not ready" : "ready";
      return `  ${where} ${state}${targetRef?.name ? ` (${targetRef.kind ?? ""} ${targetRef.name})` : ""}`;
    }),
  );
  return [
    "Routes and policies:",
    ...(standing.length > 0 ? standing : ["  <none>"]),
    "Endpoints:",
    ...(endpoints.length > 0 ? endpoints : ["  <none>"]),
  ];
}
