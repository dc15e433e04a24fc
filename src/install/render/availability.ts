/** What keeps enough pods of the controller alive. */
import type { KubeObject } from "../../model/object.ts";
import { ofRevision, selectorLabels } from "../names.ts";
import { type Frame, own } from "./frame.ts";

type Budget = KubeObject & { spec: { maxUnavailable: number; selector: { matchLabels: Record<string, string> } } };

type Autoscaler = KubeObject & {
  spec: {
    scaleTargetRef: { name: string };
    minReplicas: number;
    maxReplicas: number;
    metrics: [{ resource: { target: { averageUtilization: number } } }];
  };
};

export function disruptionBudget(frame: Frame): KubeObject | null {
  const { disruptionBudget: wanted, revision } = frame.values;
  if (!wanted.enabled) return null;
  const object = own<Budget>(frame, "disruption-budget", "controller");
  object.metadata.name = ofRevision(object.metadata.name, revision);
  object.spec.maxUnavailable = wanted.maxUnavailable;
  object.spec.selector.matchLabels = selectorLabels(revision);
  return object;
}

export function autoscaler(frame: Frame): KubeObject | null {
  const { autoscaling, revision } = frame.values;
  if (!autoscaling.enabled) return null;
  const object = own<Autoscaler>(frame, "autoscaler", "controller");
  object.metadata.name = ofRevision(object.metadata.name, revision);
  object.spec.scaleTargetRef.name = ofRevision(object.spec.scaleTargetRef.name, revision);
  object.spec.minReplicas = autoscaling.minReplicas;
  object.spec.maxReplicas = autoscaling.maxReplicas;
  object.spec.metrics[0].resource.target.averageUtilization = autoscaling.targetCpuPercent;
  return object;
}
