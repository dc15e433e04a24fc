/** Where a policy object says it applies (design section 4): target references, or labels of workloads. */
import type { KubeObject } from "../model/object.ts";

export interface TargetRef {
  readonly group?: string;
  readonly kind: string;
  readonly name: string;
  readonly sectionName?: string;
}

export interface Attachment {
  readonly targetRefs?: readonly TargetRef[];
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

/** Kinds a policy may be attached to, and what is left when nothing else is said: nothing. */
export function attachmentOf(object: KubeObject): Attachment {
  return (object.spec ?? {}) as Attachment;
}

/** `Kind/namespace/name` of each target; `MeshConfig` has no namespace of its own. A Namespace target is only ever the object's own. */
export function targetKeys(object: KubeObject): readonly string[] {
  const namespace = object.metadata.namespace ?? "default";
  return (attachmentOf(object).targetRefs ?? []).map((ref) => targetKey(ref.kind, namespace, ref.name));
}

export function targetKey(kind: string, namespace: string, name: string): string {
  if (kind === "MeshConfig") return "MeshConfig";
  if (kind === "Namespace") return `Namespace/${name}`;
  return `${kind}/${namespace}/${name}`;
}

/** True when every label of the selector is among `labels`; a policy without selector selects none. */
export function selects(object: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  const wanted = attachmentOf(object).selector?.matchLabels;
  if (wanted === undefined) return false;
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Oldest first, then by namespace and name: who wins among equals, here as in the Gateway API. */
export function byAge(a: KubeObject, b: KubeObject): number {
  return (
    compareText(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "") ||
    compareText(`${a.metadata.namespace ?? ""}/${a.metadata.name}`, `${b.metadata.namespace ?? ""}/${b.metadata.name}`)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `Kind/namespace/name`, as messages, status and explain show it. */
export function originOf(object: KubeObject): string {
  return `${object.kind}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
