/** Who the controller is and what it may do. */
import type { KindDescriptor } from "../../model/kind.ts";
import type { KubeObject } from "../../model/object.ts";
import { clusterKinds, gatewayKinds } from "../kinds.ts";
import { type Frame, shared } from "./frame.ts";

export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

export type Role = KubeObject & { rules: Rule[] };

export function serviceAccount(frame: Frame): KubeObject {
  const object = shared(frame, "service-account", "controller");
  const { pullSecrets } = frame.values.image;
  return pullSecrets.length === 0 ? object : { ...object, imagePullSecrets: pullSecrets.map((name) => ({ name })) };
}

/** The rules of kinds with schemas name every one of them: a kind that joins the mesh gets its line by itself. */
export function clusterRole(frame: Frame): KubeObject {
  const role = shared<Role>(frame, "cluster-role", "controller");
  fillRules(role.rules, "gateway.networking.k8s.io", gatewayKinds());
  fillRules(role.rules, "meshctl.dev", clusterKinds());
  return role;
}

export const clusterRoleBinding = (frame: Frame): KubeObject => shared(frame, "cluster-role-binding", "controller");
export const role = (frame: Frame): KubeObject => shared(frame, "role", "controller");
export const roleBinding = (frame: Frame): KubeObject => shared(frame, "role-binding", "controller");
export const authenticationReader = (frame: Frame): KubeObject => shared(frame, "authentication-reader", "controller");

function fillRules(rules: readonly Rule[], group: string, kinds: readonly KindDescriptor[]): void {
  for (const rule of rules) {
    if (!rule.apiGroups.includes(group)) continue;
    const isStatus = rule.resources.every((resource) => resource.endsWith("/status"));
    rule.resources = kinds
      .filter((kind) => !isStatus || kind.status)
      .map(({ plural }) => (isStatus ? `${plural}/status` : plural))
      .sort();
  }
}
