import type { KindRef } from "../kube/contract.ts";
import { kindRefOf } from "../kube/kind-ref.ts";
import { clusterKinds } from "./kinds.ts";

/** Kinds of Kubernetes that an installation has: `group version Kind plural`; `*`: cluster-scoped. */
const TABLE = `
- v1 *Namespace namespaces
- v1 ServiceAccount serviceaccounts
- v1 Secret secrets
- v1 ConfigMap configmaps
- v1 Service services
- v1 Pod pods
apps v1 Deployment deployments
apps v1 ReplicaSet replicasets
autoscaling v2 HorizontalPodAutoscaler horizontalpodautoscalers
policy v1 PodDisruptionBudget poddisruptionbudgets
networking.k8s.io v1 NetworkPolicy networkpolicies
rbac.authorization.k8s.io v1 Role roles
rbac.authorization.k8s.io v1 RoleBinding rolebindings
rbac.authorization.k8s.io v1 *ClusterRole clusterroles
rbac.authorization.k8s.io v1 *ClusterRoleBinding clusterrolebindings
apiextensions.k8s.io v1 *CustomResourceDefinition customresourcedefinitions
admissionregistration.k8s.io v1 *MutatingWebhookConfiguration mutatingwebhookconfigurations
admissionregistration.k8s.io v1 *ValidatingWebhookConfiguration validatingwebhookconfigurations
apiregistration.k8s.io v1 *APIService apiservices
monitoring.coreos.com v1 PodMonitor podmonitors
monitoring.coreos.com v1 ServiceMonitor servicemonitors
`;

const REFS: ReadonlyMap<string, KindRef> = new Map(
  TABLE.trim()
    .split("\n")
    .map((line): [string, KindRef] => {
      const [group = "", version = "", marked = "", plural = ""] = line.split(" ");
      const kind = marked.replace("*", "");
      return [kind, { group: group === "-" ? "" : group, version, kind, plural, namespaced: !marked.includes("*") }];
    }),
);

/** Where objects of a kind that an installation has are kept. Throws for any other: that is a fault of ours. */
export function kindRef(kind: string): KindRef {
  const own = clusterKinds().find((descriptor) => descriptor.kind === kind);
  const found = own === undefined ? REFS.get(kind) : kindRefOf(own);
  if (found === undefined) throw new Error(`an installation has no ${kind}`);
  return found;
}
