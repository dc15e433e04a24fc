import { DECLARED, type ListRule, type Topology } from "./topology.ts";

/**
 * Kubernetes' own types: which of their fields merge in another way than plain ones do. One field a line:
 * `Type field [Type of its values] [rules]`, with `list=KEYS` (told apart by them), `list=set`, `atomic` for server-side
 * apply, and `patch=KEY`, `patch=values`, `patch=replace` for strategic merge patches. Facts of Kubernetes' OpenAPI
 * documents (`x-kubernetes-list-type`, `-list-map-keys`, `-map-type`, `-patch-strategy`, `-patch-merge-key`).
 */
const TABLE = `
ObjectMeta finalizers list=set patch=values
ObjectMeta ownerReferences OwnerReference list=uid patch=uid
OwnerReference . atomic

Namespace status NamespaceStatus
NamespaceStatus conditions list=type patch=type
Node spec NodeSpec
Node status NodeStatus
NodeSpec podCIDRs list=set patch=values
NodeStatus conditions list=type patch=type
NodeStatus addresses list=type patch=type

Service spec ServiceSpec
Service status ServiceStatus
ServiceSpec ports list=port,protocol patch=port
ServiceSpec selector atomic
ServiceStatus conditions list=type patch=type

ServiceAccount secrets ObjectReference list=name patch=name
ObjectReference . atomic

Pod spec PodSpec
Pod status PodStatus
PodTemplate template PodTemplateSpec
PodTemplateSpec metadata ObjectMeta
PodTemplateSpec spec PodSpec
PodSpec containers Container list=name patch=name
PodSpec initContainers Container list=name patch=name
PodSpec ephemeralContainers Container list=name patch=name
PodSpec volumes Volume list=name patch=name
PodSpec imagePullSecrets LocalObjectReference list=name patch=name
PodSpec hostAliases list=ip patch=ip
PodSpec topologySpreadConstraints TopologySpreadConstraint list=topologyKey,whenUnsatisfiable patch=topologyKey
PodSpec schedulingGates list=name patch=name
PodSpec resourceClaims list=name patch=name
PodSpec nodeSelector atomic
PodSpec affinity Affinity
Affinity nodeAffinity NodeAffinity
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution atomic
TopologySpreadConstraint labelSelector atomic
LocalObjectReference . atomic
PodStatus conditions list=type patch=type
PodStatus podIPs list=ip patch=ip
PodStatus hostIPs patch=ip
PodStatus resourceClaimStatuses list=name patch=name

Container ports list=containerPort,protocol patch=containerPort
Container env EnvVar list=name patch=name
Container volumeMounts list=mountPath patch=mountPath
Container volumeDevices list=devicePath patch=devicePath
Container resources ResourceRequirements
ResourceRequirements claims list=name
EnvVar valueFrom EnvVarSource
EnvVarSource configMapKeyRef atomic
EnvVarSource secretKeyRef atomic
EnvVarSource fieldRef atomic
EnvVarSource resourceFieldRef atomic

Volume csi SecretRefHolder
Volume ephemeral EphemeralVolume
SecretRefHolder nodePublishSecretRef atomic
EphemeralVolume volumeClaimTemplate PersistentVolumeClaim

PersistentVolumeClaim spec PersistentVolumeClaimSpec
PersistentVolumeClaim status PersistentVolumeClaimStatus
PersistentVolumeClaimSpec selector atomic
PersistentVolumeClaimSpec dataSource atomic
PersistentVolumeClaimStatus conditions list=type patch=type
PersistentVolume spec PersistentVolumeSpec
PersistentVolumeSpec nodeAffinity NodeSelectorHolder
NodeSelectorHolder required atomic

ReplicationController spec ReplicationControllerSpec
ReplicationController status WithConditions
ReplicationControllerSpec selector atomic
ReplicationControllerSpec template PodTemplateSpec
WithConditions conditions list=type patch=type
ResourceQuota spec ResourceQuotaSpec
ResourceQuotaSpec scopeSelector atomic

Deployment spec WorkloadSpec
Deployment status WithConditions
ReplicaSet spec WorkloadSpec
ReplicaSet status WithConditions
StatefulSet spec WorkloadSpec
StatefulSet status WithConditions
DaemonSet spec WorkloadSpec
DaemonSet status WithConditions
WorkloadSpec selector atomic
WorkloadSpec template PodTemplateSpec

Job spec JobSpec
Job status JobStatus
JobSpec selector atomic
JobSpec template PodTemplateSpec
JobStatus conditions patch=type
JobStatus uncountedTerminatedPods UncountedTerminatedPods
UncountedTerminatedPods failed list=set
UncountedTerminatedPods succeeded list=set
CronJob spec CronJobSpec
CronJobSpec jobTemplate JobTemplate
JobTemplate metadata ObjectMeta
JobTemplate spec JobSpec

HorizontalPodAutoscaler status WithConditions
PodDisruptionBudget spec PodDisruptionBudgetSpec
PodDisruptionBudget status WithConditions
PodDisruptionBudgetSpec selector atomic patch=replace

Ingress spec IngressSpec
IngressSpec defaultBackend IngressBackend
IngressBackend resource atomic
NetworkPolicy spec NetworkPolicySpec
NetworkPolicySpec podSelector atomic

RoleBinding roleRef atomic
ClusterRoleBinding roleRef atomic

MutatingWebhookConfiguration webhooks Webhook list=name patch=name
ValidatingWebhookConfiguration webhooks Webhook list=name patch=name
Webhook matchConditions list=name patch=name
Webhook namespaceSelector atomic
Webhook objectSelector atomic

CustomResourceDefinition status WithConditions
APIService status WithConditions
`;

/** Groups whose kinds are Kubernetes' own. */
const GROUPS = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** Keys that may be left out of elements, and what they are then. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: "TCP" };

interface FieldLine {
  readonly field: string;
  readonly type: string | undefined;
  readonly rules: readonly string[];
}

const LINES = new Map<string, FieldLine[]>();
for (const line of TABLE.split("\n").filter((text) => text !== "")) {
  const [type = "", field = "", ...words] = line.split(" ");
  const target = words.find((word) => /^[A-Z]/.test(word));
  LINES.set(type, [...(LINES.get(type) ?? []), { field, type: target, rules: words.filter((word) => word !== target) }]);
}

const types = new Map<string, Topology>();

export const OBJECT_META = typeNamed("ObjectMeta");

/** Topology of whole objects of one of Kubernetes' kinds; undefined for kinds of other groups. */
export function builtInTopology(group: string, kind: string): Topology | undefined {
  if (!GROUPS.has(group)) return undefined;
  const own = typeNamed(kind);
  return { ...own, fields: new Map([...(own.fields ?? []), ["metadata", OBJECT_META]]) };
}

function typeNamed(name: string): Topology {
  let known = types.get(name);
  if (known !== undefined) return known;
  const lines = LINES.get(name) ?? [];
  const fields = new Map(lines.filter(({ field }) => field !== ".").map((line) => [line.field, fieldTopologyOf(line)]));
  const atomic = lines.some(({ field, rules }) => field === "." && rules.includes("atomic"));
  known = { ...DECLARED, fields, ...(atomic ? { atomic: true } : {}) };
  types.set(name, known);
  return known;
}

function fieldTopologyOf({ type, rules }: FieldLine): Topology {
  const below = type === undefined ? DECLARED : typeNamed(type);
  const rule = (name: string): string | undefined => rules.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const [list, patch] = [rule("list"), rule("patch")];
  const patches =
    patch === undefined ? {} : patch === "replace" ? { patchReplaces: true as const } : { patchKey: patch === "values" ? null : patch };
  if (list === undefined && (patch === undefined || patch === "replace")) {
    // Lists of such a type are atomic; what they hold is of no concern then.
    return { ...below, ...patches, ...(rules.includes("atomic") ? { atomic: true as const } : {}) };
  }
  return { ...(list === undefined ? {} : { list: listRule(list) }), elements: below, ...patches };
}

function listRule(text: string): ListRule {
  if (text === "set") return { type: "set" };
  const keys = text.split(",");
  return {
    type: "map",
    keys,
    defaults: Object.fromEntries(keys.filter((key) => key in KEY_DEFAULTS).map((key) => [key, KEY_DEFAULTS[key]])),
  };
}
