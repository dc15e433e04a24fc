import type { Store } from "../store/contract.ts";
import {
  BASIC_ROLES,
  type Binding,
  clusterRoleBindings,
  type PolicyRule,
  type RbacSubject,
  roleBindings,
  rulesOfRole,
} from "./rbac-objects.ts";
import { type Attributes, AUTHENTICATED, MASTERS, serviceAccountName, type Subject } from "./subject.ts";

export interface Decision {
  readonly allowed: boolean;
  /** Which binding of which role allows it; empty when none does. */
  readonly reason: string;
}

interface Grant {
  readonly rules: readonly PolicyRule[];
  readonly reason: string;
}

/** What the stored Roles, ClusterRoles and their bindings say (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
export function decide(store: Store, subject: Subject, attributes: Attributes): Decision {
  if (subject.groups.includes(MASTERS)) return { allowed: true, reason: "" };
  const namespace = "path" in attributes ? "" : attributes.namespace;
  const grant = grantsOf(store, subject, namespace).find(({ rules }) => rules.some((rule) => ruleAllows(rule, attributes)));
  return grant === undefined ? { allowed: false, reason: "" } : { allowed: true, reason: grant.reason };
}

/** Every rule that holds for the subject in the namespace. */
export function rulesFor(store: Store, subject: Subject, namespace: string): readonly PolicyRule[] {
  const all: PolicyRule[] = subject.groups.includes(MASTERS)
    ? [
        { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
        { nonResourceURLs: ["*"], verbs: ["*"] },
      ]
    : [];
  return [...all, ...grantsOf(store, subject, namespace).flatMap(({ rules }) => rules)];
}

function grantsOf(store: Store, subject: Subject, namespace: string): readonly Grant[] {
  const grant = (binding: Binding, kind: string, where: string): Grant[] => {
    const bound = (binding.subjects ?? []).find((candidate) => isSubject(candidate, subject, binding.metadata.namespace));
    if (bound === undefined) return [];
    const { name } = binding.metadata;
    const { roleRef } = binding;
    const reason = `RBAC: allowed by ${kind} "${where === "" ? name : `${name}/${where}`}" of ${roleRef.kind} "${roleRef.name}" to ${bound.kind} "${boundName(bound)}"`;
    return [{ rules: rulesOfRole(store, roleRef, where), reason }];
  };
  const basic = subject.groups.includes(AUTHENTICATED)
    ? BASIC_ROLES.map(
        (name): Grant => ({
          rules: rulesOfRole(store, { kind: "ClusterRole", name }, ""),
          reason: `RBAC: allowed by ClusterRoleBinding "${name}" of ClusterRole "${name}" to Group "${AUTHENTICATED}"`,
        }),
      )
    : [];
  return [
    ...basic,
    ...clusterRoleBindings(store).flatMap((binding) => grant(binding, "ClusterRoleBinding", "")),
    ...(namespace === "" ? [] : roleBindings(store, namespace).flatMap((binding) => grant(binding, "RoleBinding", namespace))),
  ];
}

function boundName({ kind, name, namespace }: RbacSubject): string {
  return kind === "ServiceAccount" ? `${name}/${namespace ?? ""}` : name;
}

function isSubject(candidate: RbacSubject, { username, groups }: Subject, bindingNamespace: string | undefined): boolean {
  if (candidate.kind === "User") return candidate.name === username;
  if (candidate.kind === "Group") return groups.includes(candidate.name);
  const namespace = candidate.namespace ?? bindingNamespace ?? "";
  return candidate.kind === "ServiceAccount" && serviceAccountName(namespace, candidate.name) === username;
}

function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includes(rule.verbs, attributes.verb)) return false;
  if ("path" in attributes) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, attributes.path));
  const { group, resource, subresource, name } = attributes;
  return (
    includes(rule.apiGroups ?? [], group) &&
    resourceMatches(rule.resources ?? [], resource, subresource) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  );
}

/** `pods`, `pods/log`, `*`, and `*` with a subresource. */
function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  const wanted = subresource === "" ? resource : `${resource}/${subresource}`;
  return resources.some((entry) => entry === "*" || entry === wanted || (subresource !== "" && entry === `*/${subresource}`));
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes("*") || list.includes(value);
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}
