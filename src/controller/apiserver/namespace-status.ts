import type { Stored } from "./store/contract.ts";
import type { Place } from "./store/owner-index.ts";

export interface Content {
  readonly place: Place;
  readonly stored: Stored;
}

/** Status of a namespace that waits for what is left in it. The same value as `previous` when it says the same. */
export function terminatingStatus(contents: readonly Content[], nowIso: string, previous: unknown): unknown {
  const kinds = new Map<string, number>();
  const finalizers = new Map<string, number>();
  for (const { place, stored } of contents) {
    const [group = "", plural = ""] = place.bucket.split("/");
    const resource = group === "" ? plural : `${plural}.${group}`;
    kinds.set(resource, (kinds.get(resource) ?? 0) + 1);
    for (const finalizer of stored.object.metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  const remaining = [...kinds].map(([resource, count]) => `${resource} has ${count} resource instances`).join(", ");
  const held = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).join(", ");
  const texts = [`Some resources are remaining: ${remaining}`, `Some content in the namespace has finalizers remaining: ${held}`];
  const old = (previous as { conditions?: readonly { message?: string }[] } | undefined)?.conditions ?? [];
  if (texts.every((text) => old.some(({ message }) => message === text))) return previous;
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: "True",
    lastTransitionTime: nowIso,
    reason,
    message,
  });
  return {
    phase: "Terminating",
    conditions: [
      condition("NamespaceContentRemaining", "SomeResourcesRemain", texts[0] as string),
      condition("NamespaceFinalizersRemaining", "SomeFinalizersRemain", texts[1] as string),
    ],
  };
}
