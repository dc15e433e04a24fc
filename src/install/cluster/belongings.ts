import type { KubeClient } from "../../kube/contract.ts";
import { isNotFound } from "../../kube/error.ts";
import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import { kindRef } from "../kind-refs.ts";
import { NAME } from "../names.ts";
import { keyOfObject, type ObjectKey } from "../release.ts";

/** In the order in which they may go: what the API server asks before what answers, rights after those who use them. */
const KINDS = [
  "APIService",
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
  "PodMonitor",
  "ServiceMonitor",
  "HorizontalPodAutoscaler",
  "Deployment",
  "PodDisruptionBudget",
  "Service",
  "NetworkPolicy",
  "MeshConfig",
  "ConfigMap",
  "RoleBinding",
  "Role",
  "ClusterRoleBinding",
  "ClusterRole",
  "ServiceAccount",
] as const;

/** Everything of ours in the cluster, found by its labels, so that nothing depends on a record; in the order of removal. */
export async function belongings(client: KubeClient, purge: boolean): Promise<readonly ObjectKey[]> {
  const found: ObjectKey[] = [];
  for (const kind of KINDS) found.push(...(await labelled(client, kind)));
  if (!purge) return found;
  found.push({ kind: "Secret", name: NAME.CA_SECRET, namespace: SYSTEM_NAMESPACE });
  found.push({ kind: "Secret", name: NAME.SERVING_SECRET, namespace: SYSTEM_NAMESPACE });
  found.push(...(await labelled(client, "CustomResourceDefinition")));
  return [...found, { kind: "Namespace", name: SYSTEM_NAMESPACE }];
}

async function labelled(client: KubeClient, kind: string): Promise<readonly ObjectKey[]> {
  try {
    const { items } = await client.list(kindRef(kind), { labelSelector: "app.kubernetes.io/part-of=meshctl" });
    return items.map(keyOfObject);
  } catch (error) {
    // A kind that the cluster has not: no Prometheus operator, or definitions that are gone.
    if (isNotFound(error)) return [];
    throw error;
  }
}
