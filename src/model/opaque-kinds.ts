import * as z from "zod";
import { BUILT_IN_TABLES } from "./built-in-tables.ts";
import type { KindDescriptor } from "./kind.ts";

const anything = z.looseObject({});

/**
 * `group version Kind plural [short…]`; before the kind `*`: cluster-scoped; `+`: has a status subresource; `^`: has a
 * scale subresource too. `@` before a word at the end: a category.
 */
const TABLE = `
- v1 ConfigMap configmaps cm
- v1 Secret secrets
- v1 ServiceAccount serviceaccounts sa
- v1 +Pod pods po @all
- v1 Endpoints endpoints ep
- v1 Event events ev
- v1 LimitRange limitranges limits
- v1 +ResourceQuota resourcequotas quota
- v1 +PersistentVolumeClaim persistentvolumeclaims pvc
- v1 *+PersistentVolume persistentvolumes pv
- v1 *+Node nodes no
- v1 ^+ReplicationController replicationcontrollers rc @all
- v1 PodTemplate podtemplates
apps v1 ^+Deployment deployments deploy @all
apps v1 ^+ReplicaSet replicasets rs @all
apps v1 ^+StatefulSet statefulsets sts @all
apps v1 +DaemonSet daemonsets ds @all
apps v1 ControllerRevision controllerrevisions
batch v1 +Job jobs @all
batch v1 +CronJob cronjobs cj @all
autoscaling v2 +HorizontalPodAutoscaler horizontalpodautoscalers hpa @all
policy v1 +PodDisruptionBudget poddisruptionbudgets pdb
networking.k8s.io v1 +Ingress ingresses ing
networking.k8s.io v1 *IngressClass ingressclasses
networking.k8s.io v1 NetworkPolicy networkpolicies netpol
rbac.authorization.k8s.io v1 Role roles
rbac.authorization.k8s.io v1 RoleBinding rolebindings
rbac.authorization.k8s.io v1 *ClusterRole clusterroles
rbac.authorization.k8s.io v1 *ClusterRoleBinding clusterrolebindings
coordination.k8s.io v1 Lease leases
scheduling.k8s.io v1 *PriorityClass priorityclasses pc
storage.k8s.io v1 *StorageClass storageclasses sc
storage.k8s.io v1 *CSIDriver csidrivers
storage.k8s.io v1 *CSINode csinodes
storage.k8s.io v1 *+VolumeAttachment volumeattachments
node.k8s.io v1 *RuntimeClass runtimeclasses
certificates.k8s.io v1 *+CertificateSigningRequest certificatesigningrequests csr
admissionregistration.k8s.io v1 *MutatingWebhookConfiguration mutatingwebhookconfigurations @api-extensions
admissionregistration.k8s.io v1 *ValidatingWebhookConfiguration validatingwebhookconfigurations @api-extensions
apiregistration.k8s.io v1 *+APIService apiservices @api-extensions
apiextensions.k8s.io v1 *+CustomResourceDefinition customresourcedefinitions crd crds @api-extensions
gateway.networking.k8s.io v1 *+GatewayClass gatewayclasses gc @gateway-api
gateway.networking.k8s.io v1 +Gateway gateways gtw @gateway-api
gateway.networking.k8s.io v1 +GRPCRoute grpcroutes @gateway-api
gateway.networking.k8s.io v1 +TCPRoute tcproutes @gateway-api
gateway.networking.k8s.io v1 +TLSRoute tlsroutes @gateway-api
gateway.networking.k8s.io v1 +ListenerSet listenersets lset @gateway-api
gateway.networking.k8s.io v1 +BackendTLSPolicy backendtlspolicies btlspolicy @gateway-api
gateway.networking.k8s.io v1 ReferenceGrant referencegrants refgrant @gateway-api
`;

/** Older versions whose objects have the same shape as those of the stored one. */
const ALSO_SERVED: Readonly<Record<string, readonly string[]>> = {
  GatewayClass: ["v1beta1"],
  Gateway: ["v1beta1"],
  TCPRoute: ["v1alpha2"],
  TLSRoute: ["v1alpha3", "v1alpha2"],
  ReferenceGrant: ["v1beta1"],
};

/** `stringData` is written, never read: its values join `data`, encoded. */
const secretSchema = z.looseObject({ stringData: z.record(z.string(), z.string()).nullish() }).transform(({ stringData, ...secret }) => {
  const data = { ...(secret.data as Record<string, string> | undefined) };
  for (const [key, value] of Object.entries(stringData ?? {})) data[key] = Buffer.from(value, "utf8").toString("base64");
  return { type: "Opaque", ...secret, ...(Object.keys(data).length === 0 ? {} : { data }) };
});

/**
 * Kubernetes kinds that mean nothing to a mesh on one machine: the embedded API keeps them as given, so
 * that a directory of manifests written for a cluster can be applied whole.
 */
export const OPAQUE_KINDS: readonly KindDescriptor[] = Object.freeze(
  TABLE.trim()
    .split("\n")
    .map((line) => {
      const [group = "", version = "", marked = "", plural = "", ...words] = line.split(" ");
      const kind = marked.replace(/^[*+^]+/, "");
      const categories = words.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
      const table = BUILT_IN_TABLES[kind];
      const alsoServed = ALSO_SERVED[kind];
      return Object.freeze({
        group: group === "-" ? "" : group,
        version,
        kind,
        plural,
        singular: kind.toLowerCase(),
        shortNames: words.filter((word) => !word.startsWith("@")),
        namespaced: !marked.includes("*"),
        schema: kind === "Secret" ? secretSchema : anything,
        status: marked.includes("+"),
        description: `Kubernetes ${kind}: stored as given, not acted on.`,
        ...(categories.length === 0 ? {} : { categories }),
        ...(table === undefined ? {} : { table }),
        ...(alsoServed === undefined ? {} : { alsoServed }),
        ...(marked.includes("^")
          ? { scale: { specReplicas: ".spec.replicas", statusReplicas: ".status.replicas", labelSelector: ".spec.selector" } }
          : {}),
      });
    }),
);
