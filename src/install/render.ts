import type { KubeObject } from "../model/object.ts";
import type { CaPair } from "./ca-pair.ts";
import * as access from "./render/access.ts";
import { autoscaler, disruptionBudget } from "./render/availability.ts";
import { deployment } from "./render/controller.ts";
import type { Frame } from "./render/frame.ts";
import { caSecret, definitions, meshConfig, namespace } from "./render/mesh.ts";
import { podMonitor, serviceMonitor } from "./render/monitoring.ts";
import { apiService, networkPolicy, service } from "./render/network.ts";
import { defaultInjector, revisionInjector, revisionInjectorAccess, validator } from "./render/webhooks.ts";

/**
 * When an object is applied. Definitions must be known before objects of their kinds; registrations make the API server
 * ask the controller, so they come when one answers.
 */
export const PHASES = ["foundation", "definitions", "control-plane", "registrations"] as const;
export type Phase = (typeof PHASES)[number];

export interface Rendered {
  readonly phase: Phase;
  readonly object: KubeObject;
}

/** The phase of an object whose record says no more than what it is. */
export function phaseOf({ kind }: KubeObject): Phase {
  if (kind === "CustomResourceDefinition") return "definitions";
  if (["Namespace", "ServiceAccount", "Secret"].includes(kind) || /Role(Binding)?$/.test(kind)) return "foundation";
  return /WebhookConfiguration$|^APIService$/.test(kind) ? "registrations" : "control-plane";
}

/** Every object of an installation, in the order in which they are applied. Pure: same arguments, same bytes. */
export function renderInstall(frame: Frame, ca: CaPair | null = null): readonly Rendered[] {
  const phases: Readonly<Record<Phase, readonly (KubeObject | null)[]>> = {
    foundation: [
      namespace(frame),
      access.serviceAccount(frame),
      access.clusterRole(frame),
      access.clusterRoleBinding(frame),
      access.role(frame),
      access.roleBinding(frame),
      access.authenticationReader(frame),
      ...revisionInjectorAccess(frame),
      caSecret(frame, ca),
    ],
    definitions: definitions(frame.version),
    "control-plane": [
      meshConfig(frame),
      networkPolicy(frame),
      service(frame),
      disruptionBudget(frame),
      deployment(frame),
      autoscaler(frame),
      podMonitor(frame),
      serviceMonitor(frame),
    ],
    registrations: [defaultInjector(frame), revisionInjector(frame), validator(frame), apiService(frame)],
  };
  return PHASES.flatMap((phase) => phases[phase].filter((object) => object !== null).map((object) => ({ phase, object })));
}
