/**
 * Which object of a policy kind is in force where. On one target the oldest object wins and the others
 * are in conflict; across targets the most specific wins: rule, route, Service, Namespace, MeshConfig.
 */
import type { KubeObject } from "../model/object.ts";
import { SYSTEM_NAMESPACE } from "../messages/names.ts";
import { attachmentOf, byAge, selects, targetKey } from "../policies/attachment.ts";
import type { Workload } from "../model/kinds/workload.ts";
import type { MeshStore } from "./store.ts";

/** In force for a Service: its own, else its Namespace's, else the mesh's. */
export function policyForService(store: MeshStore, kind: string, namespace: string, service: string, portName: string): KubeObject | null {
  return (
    winner(store, kind, targetKey("Service", namespace, service), portName) ??
    winner(store, kind, targetKey("Service", namespace, service), null) ??
    winner(store, kind, targetKey("Namespace", namespace, namespace), null) ??
    winner(store, kind, "MeshConfig", null)
  );
}

/** In force for one rule of a route, only what is attached to the route itself. */
export function policyForRule(store: MeshStore, kind: string, routeKind: string, route: KubeObject, ruleName: string): KubeObject | null {
  const target = targetKey(routeKind, route.metadata.namespace ?? "default", route.metadata.name);
  return (ruleName === "" ? null : winner(store, kind, target, ruleName)) ?? winner(store, kind, target, null);
}

/** In force for a workload by its labels. */
export function policyForWorkload(store: MeshStore, kind: string, workload: Workload): KubeObject | null {
  const candidates = store.policiesIn(kind, workload.metadata.namespace ?? "default");
  return oldest(candidates.filter((policy) => selects(policy, workload.metadata.labels ?? {})));
}

/** Who holds a target of this object that the object itself does not hold; null when it is in force everywhere it points. */
export function conflictOf(store: MeshStore, policy: KubeObject): KubeObject | null {
  const namespace = policy.metadata.namespace ?? "default";
  for (const ref of attachmentOf(policy).targetRefs ?? []) {
    const holder = winner(store, policy.kind, targetKey(ref.kind, namespace, ref.name), ref.sectionName ?? null);
    if (holder !== null && !same(holder, policy)) return holder;
  }
  const selector = attachmentOf(policy).selector?.matchLabels;
  if (selector === undefined) return null;
  const rivals = store
    .policiesIn(policy.kind, namespace)
    .filter((other) => sameLabels(attachmentOf(other).selector?.matchLabels, selector));
  const holder = oldest(rivals);
  return holder !== null && !same(holder, policy) ? holder : null;
}

/** The oldest object on exactly this target and section. Only the system namespace speaks for the whole mesh. */
function winner(store: MeshStore, kind: string, target: string, section: string | null): KubeObject | null {
  const candidates = store.policiesOn(kind, target).filter((policy) => {
    const namespace = policy.metadata.namespace ?? "default";
    if (target === "MeshConfig" && namespace !== SYSTEM_NAMESPACE) return false;
    if (target.startsWith("Namespace/") && target !== `Namespace/${namespace}`) return false;
    return (attachmentOf(policy).targetRefs ?? []).some(
      (ref) => targetKey(ref.kind, namespace, ref.name) === target && (ref.sectionName ?? null) === section,
    );
  });
  return oldest(candidates);
}

function oldest(candidates: readonly KubeObject[]): KubeObject | null {
  return candidates.reduce<KubeObject | null>((best, next) => (best === null || byAge(next, best) < 0 ? next : best), null);
}

function same(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}

function sameLabels(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>>): boolean {
  if (a === undefined) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
