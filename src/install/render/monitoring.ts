/** Objects of the Prometheus operator. */
import type { KubeObject } from "../../model/object.ts";
import { ofRevision, selectorLabels } from "../names.ts";
import { type Frame, own, shared } from "./frame.ts";

type PodMonitor = KubeObject & { spec: { podMetricsEndpoints: [{ interval: string }] } };
type ServiceMonitor = KubeObject & {
  spec: { selector: { matchLabels: Record<string, string> }; endpoints: [{ interval: string; tlsConfig: { serverName: string } }] };
};

export function podMonitor(frame: Frame): KubeObject | null {
  const { enabled, interval, labels } = frame.values.monitoring.podMonitor;
  if (!enabled || !frame.isDefault) return null;
  const object = shared<PodMonitor>(frame, "pod-monitor", "monitoring");
  object.metadata.labels = { ...object.metadata.labels, ...labels };
  object.spec.podMetricsEndpoints[0].interval = interval;
  return object;
}

export function serviceMonitor(frame: Frame): KubeObject | null {
  const { enabled, interval, labels } = frame.values.monitoring.serviceMonitor;
  if (!enabled) return null;
  const { revision } = frame.values;
  const object = own<ServiceMonitor>(frame, "service-monitor", "monitoring");
  const name = ofRevision(object.metadata.name, revision);
  object.metadata = { ...object.metadata, name, labels: { ...object.metadata.labels, ...labels } };
  object.spec.selector.matchLabels = selectorLabels(revision);
  const [endpoint] = object.spec.endpoints;
  endpoint.interval = interval;
  endpoint.tlsConfig.serverName = `${name}.meshctl-system.svc`;
  return object;
}
