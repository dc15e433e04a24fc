import type { KubeClient } from "../../kube/contract.ts";
import type { KindDescriptor } from "../../model/kind.ts";
import { keyOf, type KubeObject } from "../../model/object.ts";
import { byAge, targetKeys } from "../../policies/attachment.ts";

/** `Warning: …` lines for applied policies that share their target with an older one of their kind, which wins. */
export async function conflictWarnings(
  client: KubeClient,
  applied: readonly { readonly kind: KindDescriptor; readonly object: KubeObject }[],
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { kind, object } of applied) {
    const targets = new Set(targetKeys(object));
    if (targets.size === 0) continue;
    const { items } = await client.list(kind, object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace });
    const rivals = items.filter((other) => keyOf(other) !== keyOf(object) && targetKeys(other).some((target) => targets.has(target)));
    const [winner] = [object, ...rivals].sort(byAge);
    if (winner !== undefined && rivals.length > 0) {
      const loser = winner === object ? rivals.map((rival) => keyOf(rival)).join(", ") : keyOf(object);
      warnings.push(
        `Warning: several ${kind.kind} objects stand on one target; ${keyOf(winner)} is the oldest and acts, ${loser} does not.`,
      );
    }
  }
  return warnings;
}
