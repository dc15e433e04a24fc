/** The controller's Deployment, and how many of its pods there are. */
import type { KubeObject } from "../../model/object.ts";
import { objectLabels, ofRevision, selectorLabels } from "../names.ts";
import type { Values } from "../values/schema.ts";
import { type Frame, own } from "./frame.ts";

interface Container {
  image: string;
  imagePullPolicy: string;
  env: { name: string; value?: string; valueFrom?: object }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
}

interface PodSpec {
  containers: [Container];
  affinity?: object;
  topologySpreadConstraints?: object[];
  nodeSelector?: Record<string, string>;
  tolerations?: readonly object[];
  priorityClassName?: string;
}

type Deployment = KubeObject<{
  replicas?: number;
  selector: { matchLabels: Record<string, string> };
  strategy: { rollingUpdate: { maxSurge: number; maxUnavailable: number } };
  template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
}> & { spec: object };

export function deployment(frame: Frame): KubeObject {
  const { values, version } = frame;
  const object = own<Deployment>(frame, "deployment", "controller");
  const { spec } = object;
  const labels = selectorLabels(values.revision);
  object.metadata.name = ofRevision(object.metadata.name, values.revision);
  // Two writers of one field would undo each other at every upgrade.
  if (values.autoscaling.enabled) delete spec.replicas;
  else spec.replicas = values.controller.replicas;
  spec.selector.matchLabels = labels;
  spec.template.metadata.labels = objectLabels("controller", version, values.revision);
  // With one pod to a node a surplus pod may find none: one goes before its successor comes.
  if (values.controller.antiAffinity === "required") spec.strategy.rollingUpdate = { maxSurge: 0, maxUnavailable: 1 };
  fillContainer(spec.template.spec.containers[0], values, version);
  place(spec.template.spec, values, labels);
  return object;
}

function fillContainer(container: Container, { image, controller, revision }: Values, version: string): void {
  container.image = imageReference(image, version);
  container.imagePullPolicy = image.pullPolicy;
  const { cpuRequest, memoryRequest, memoryLimit } = controller.resources;
  container.resources = { requests: { cpu: cpuRequest, memory: memoryRequest }, limits: { memory: memoryLimit } };
  for (const entry of container.env) if (entry.name === "MESHCTL_LOG_LEVEL") entry.value = controller.logLevel;
  if (revision !== "") container.env.push({ name: "MESHCTL_REVISION", value: revision });
}

/** `repository:tag`, or `repository@digest` where there is one. */
export function imageReference(image: Values["image"], version: string): string {
  return image.digest === "" ? `${image.repository}:${image.tag || version}` : `${image.repository}@${image.digest}`;
}

function place(spec: PodSpec, { controller }: Values, matchLabels: Record<string, string>): void {
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } };
  const rule =
    controller.antiAffinity === "required"
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] };
  spec.affinity = { podAntiAffinity: rule };
  if (controller.spreadOverZones) {
    spec.topologySpreadConstraints = [
      { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels } },
    ];
  }
  if (Object.keys(controller.nodeSelector).length > 0) spec.nodeSelector = controller.nodeSelector;
  if (controller.tolerations.length > 0) spec.tolerations = controller.tolerations;
  if (controller.priorityClassName !== "") spec.priorityClassName = controller.priorityClassName;
}
