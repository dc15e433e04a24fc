import type { KubeObject } from "../../../model/object.ts";
import { type LabelSelector, matchesLabels } from "../match-labels.ts";
import type { Store } from "../store/contract.ts";

/** `rbac.authorization.k8s.io/v1 PolicyRule`. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface RoleRef {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

export interface RbacSubject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Binding extends KubeObject {
  readonly subjects?: readonly RbacSubject[];
  readonly roleRef: RoleRef;
}

interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
  readonly aggregationRule?: {
    readonly clusterRoleSelectors?: readonly LabelSelector[];
  };
}

const GROUP = "rbac.authorization.k8s.io";
const everything = (apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups,
  resources,
  verbs,
});
const DISCOVERY = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];

/** Roles every cluster has, as far as bindings name them. A stored one of the same name counts instead. */
const CLUSTER_ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  "cluster-admin": [everything(["*"], ["*"], ["*"]), { nonResourceURLs: ["*"], verbs: ["*"] }],
  "system:discovery": [{ nonResourceURLs: DISCOVERY, verbs: ["get"] }],
  "system:basic-user": [
    everything(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
    everything(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
  ],
  "system:auth-delegator": [
    everything(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
    everything(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
  ],
};
const ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  "kube-system/extension-apiserver-authentication-reader": [
    { apiGroups: [""], resources: ["configmaps"], resourceNames: ["extension-apiserver-authentication"], verbs: ["get", "list", "watch"] },
  ],
};

/** What everybody who is authenticated may do, bound on every cluster. */
export const BASIC_ROLES: readonly string[] = ["system:discovery", "system:basic-user"];

export function clusterRoleBindings(store: Store): readonly Binding[] {
  return store.list(`${GROUP}/clusterrolebindings`).map(({ object }) => object as Binding);
}

export function roleBindings(store: Store, namespace: string): readonly Binding[] {
  return store.list(`${GROUP}/rolebindings`, `${namespace}/`).map(({ object }) => object as Binding);
}

/** Rules of the role a binding names; none where there is no such role. */
export function rulesOfRole(store: Store, { kind, name }: RoleRef, namespace: string): readonly PolicyRule[] {
  if (kind === "Role") {
    const stored = store.get(`${GROUP}/roles`, `${namespace}/${name}`);
    return (stored?.object as Role | undefined)?.rules ?? ROLES[`${namespace}/${name}`] ?? [];
  }
  if (kind !== "ClusterRole") return [];
  const stored = store.get(`${GROUP}/clusterroles`, name)?.object as Role | undefined;
  if (stored === undefined) return Object.hasOwn(CLUSTER_ROLES, name) ? (CLUSTER_ROLES[name] ?? []) : [];
  const selectors = stored.aggregationRule?.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return stored.rules ?? [];
  const others = store.list(`${GROUP}/clusterroles`).map(({ object }) => object as Role);
  return others
    .filter((role) => role !== stored && selectors.some((selector) => matchesLabels(selector, role.metadata.labels ?? {})))
    .flatMap(({ rules }) => rules ?? []);
}
