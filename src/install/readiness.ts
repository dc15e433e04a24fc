/** Whether an applied object does its work yet. Pure; src/install/cluster asks. */
import type { Condition, KubeObject } from "../model/object.ts";

type Conditioned = { readonly conditions?: readonly Condition[] };

/** Why `object` is not ready yet, in words; null when it is, or when there is nothing to wait for. */
export function waitingFor(object: KubeObject): string | null {
  switch (object.kind) {
    case "CustomResourceDefinition":
      return conditionProblem(object, "Established");
    case "APIService":
      return conditionProblem(object, "Available");
    case "Deployment":
      return deploymentProblem(object);
    case "MutatingWebhookConfiguration":
    case "ValidatingWebhookConfiguration":
      return webhookProblem(object);
    default:
      return null;
  }
}

function conditionProblem({ status }: KubeObject, type: string): string | null {
  const found = (status as Conditioned | undefined)?.conditions?.find((condition) => condition.type === type);
  if (found?.status === "True") return null;
  return found === undefined ? `nobody says yet that it is ${type}` : `it is not ${type}: ${found.message || found.reason}`;
}

/** The controller writes its root into the registrations; without it the API server cannot call. */
function webhookProblem(object: KubeObject): string | null {
  const webhooks = (object.webhooks ?? []) as readonly { clientConfig?: { caBundle?: string } }[];
  return webhooks.every(({ clientConfig }) => clientConfig?.caBundle)
    ? null
    : "the controller has not written its certificate's root into it yet";
}

interface DeploymentStatus extends Conditioned {
  readonly observedGeneration?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly replicas?: number;
}

function deploymentProblem({ metadata, spec, status }: KubeObject): string | null {
  const {
    observedGeneration = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    replicas = 0,
    conditions = [],
  } = (status ?? {}) as DeploymentStatus;
  const wanted = (spec as { replicas?: number }).replicas ?? 1;
  if (observedGeneration < (metadata.generation ?? 0)) return "the cluster has not begun with it";
  const failed = conditions.find(({ type, status: holds }) => type === "ReplicaFailure" && holds === "True");
  if (failed) return `its pods are refused: ${failed.message}`;
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} pods are of the new kind`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old pods are still there`;
  return availableReplicas < updatedReplicas ? `${availableReplicas} of ${updatedReplicas} pods are ready` : null;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number; readonly reason?: string };
  };
}

/** Why a pod is not ready, in words; null when it is. */
export function podProblem(pod: KubeObject): string | null {
  const {
    phase = "Unknown",
    conditions = [],
    containerStatuses = [],
    initContainerStatuses = [],
  } = (pod.status ?? {}) as Conditioned & {
    phase?: string;
    containerStatuses?: readonly ContainerStatus[];
    initContainerStatuses?: readonly ContainerStatus[];
  };
  if (conditions.some(({ type, status }) => type === "Ready" && status === "True")) return null;
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) return `no node takes it: ${unscheduled.message || unscheduled.reason}`;
  for (const { name, state = {}, restartCount = 0 } of [...initContainerStatuses, ...containerStatuses]) {
    const again = restartCount > 0 ? ` (started again ${restartCount} times)` : "";
    if (state.waiting?.reason && state.waiting.reason !== "ContainerCreating" && state.waiting.reason !== "PodInitializing") {
      return `container ${name}: ${state.waiting.reason}${state.waiting.message ? `: ${state.waiting.message}` : ""}${again}`;
    }
    if (state.terminated && state.terminated.exitCode !== 0)
      return `container ${name} ended with exit code ${state.terminated.exitCode}${again}`;
  }
  const waiting = containerStatuses.find(({ ready }) => !ready);
  return waiting
    ? `container ${waiting.name} runs and is not ready${(waiting.restartCount ?? 0) > 0 ? ` (started again ${waiting.restartCount} times)` : ""}`
    : `it is ${phase}`;
}
