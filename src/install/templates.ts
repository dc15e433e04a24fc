import type { KubeObject } from "../model/object.ts";

/** Files of templates/install, without their ending. */
export const TEMPLATE_NAMES = [
  "api-service",
  "authentication-reader",
  "autoscaler",
  "ca-secret",
  "cluster-role",
  "cluster-role-binding",
  "deployment",
  "disruption-budget",
  "mesh-config",
  "mutating-webhook",
  "namespace",
  "network-policy",
  "pod-monitor",
  "role",
  "role-binding",
  "service",
  "service-account",
  "service-monitor",
  "validating-webhook",
  "webhook-cluster-role",
  "webhook-cluster-role-binding",
] as const;

export type TemplateName = (typeof TEMPLATE_NAMES)[number];

/** Every template as a parsed document, whole and valid as it stands. */
export type Templates = Readonly<Record<TemplateName, KubeObject>>;
