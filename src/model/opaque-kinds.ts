import * as z from "zod";
import type { KindDescriptor } from "./kind.ts";

const anything = z.looseObject({});

/** `group version Kind plural [short…]`; `*` before the kind: cluster-scoped; `+`: has a status subresource. */
const TABLE = `
- v1 ConfigMap configmaps cm
- v1 Secret secrets
- v1 ServiceAccount serviceaccounts sa
- v1 +Pod pods po
- v1 Endpoints endpoints ep
- v1 Event events ev
- v1 LimitRange limitranges limits
- v1 +ResourceQuota resourcequotas quota
- v1 +PersistentVolumeClaim persistentvolumeclaims pvc
- v1 *+PersistentVolume persistentvolumes pv
- v1 *+Node nodes no
- v1 +ReplicationController replicationcontrollers rc
- v1 PodTemplate podtemplates
apps v1 +Deployment deployments deploy
apps v1 +ReplicaSet replicasets rs
apps v1 +StatefulSet statefulsets sts
apps v1 +DaemonSet daemonsets ds
batch v1 +Job jobs
batch v1 +CronJob cronjobs cj
autoscaling v2 +HorizontalPodAutoscaler horizontalpodautoscalers hpa
policy v1 +PodDisruptionBudget poddisruptionbudgets pdb
networking.k8s.io v1 +Ingress ingresses ing
networking.k8s.io v1 *IngressClass ingressclasses
networking.k8s.io v1 NetworkPolicy networkpolicies netpol
rbac.authorization.k8s.io v1 Role roles
rbac.authorization.k8s.io v1 RoleBinding rolebindings
rbac.authorization.k8s.io v1 *ClusterRole clusterroles
rbac.authorization.k8s.io v1 *ClusterRoleBinding clusterrolebindings
coordination.k8s.io v1 Lease leases
`;

/**
 * Kubernetes kinds that mean nothing to a mesh on one machine: the embedded API keeps them as given, so
 * that a directory of manifests written for a cluster can be applied whole.
 */
export const OPAQUE_KINDS: readonly KindDescriptor[] = Object.freeze(
  TABLE.trim()
    .split("\n")
    .map((line) => {
      const [group = "", version = "", marked = "", plural = "", ...shortNames] = line.split(" ");
      const kind = marked.replace(/^[*+]+/, "");
      return Object.freeze({
        group: group === "-" ? "" : group,
        version,
        kind,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        namespaced: !marked.includes("*"),
        schema: anything,
        status: marked.includes("+"),
        description: `Kubernetes ${kind}: stored as given, not acted on.`,
      });
    }),
);
