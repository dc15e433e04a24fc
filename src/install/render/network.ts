/** How the controller is reached. */
import type { KubeObject } from "../../model/object.ts";
import { ofRevision, selectorLabels } from "../names.ts";
import { type Frame, own, shared } from "./frame.ts";

type Service = KubeObject & { spec: { selector: Record<string, string> } };
type NetworkPolicy = KubeObject & { spec: { podSelector: object } };
type ApiService = KubeObject & { spec: { service: { name: string } } };

export function service(frame: Frame): KubeObject {
  const { revision } = frame.values;
  const object = own<Service>(frame, "service", "controller");
  object.metadata.name = ofRevision(object.metadata.name, revision);
  object.spec.selector = selectorLabels(revision);
  return object;
}

export function networkPolicy(frame: Frame): KubeObject | null {
  const { networkPolicy: wanted, revision } = frame.values;
  if (!wanted.enabled) return null;
  const object = own<NetworkPolicy>(frame, "network-policy", "controller");
  object.metadata.name = ofRevision(object.metadata.name, revision);
  object.spec.podSelector = { matchLabels: selectorLabels(revision) };
  return object;
}

/** One for the cluster: it leads to the default revision. */
export function apiService(frame: Frame): KubeObject | null {
  if (!frame.values.tap.apiService || !frame.isDefault) return null;
  const object = shared<ApiService>(frame, "api-service", "tap");
  object.spec.service.name = ofRevision(object.spec.service.name, frame.values.revision);
  return object;
}
