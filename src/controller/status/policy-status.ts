import { unitsOfPolicy, type Unit } from "../../compile/affected.ts";
import { conflictOf } from "../../compile/placement.ts";
import type { MeshStore } from "../../compile/store.ts";
import { SYSTEM_NAMESPACE } from "../../messages/names.ts";
import type { Condition, KubeObject } from "../../model/object.ts";
import { attachmentOf, originOf, selects } from "../../policies/attachment.ts";
import type { Verdict } from "../../policies/route/conditions.ts";
import { datedConditions, sameConditions } from "./conditions.ts";

/** Acknowledgements of the present version of some resources. */
export type CountProgrammed = (units: readonly Unit[]) => { readonly acked: number; readonly total: number };

/** The policy's conditions; null when they are right already. */
export function policyStatus(
  store: MeshStore,
  policy: KubeObject,
  count: CountProgrammed,
  nowMs: number,
): { conditions: Condition[] } | null {
  const present = ((policy.status as { conditions?: Condition[] } | undefined)?.conditions ?? []) as Condition[];
  const verdicts = policyVerdicts(store, policy, count);
  const wanted = datedConditions(verdicts, present, policy.metadata.generation, nowMs);
  return sameConditions(present, wanted) ? null : { conditions: wanted };
}

function policyVerdicts(store: MeshStore, policy: KubeObject, count: CountProgrammed): Verdict[] {
  const problem = targetProblem(store, policy);
  if (problem !== null) return [{ type: "Accepted", status: "False", ...problem }];
  const holder = conflictOf(store, policy);
  const verdicts: Verdict[] = [
    { type: "Accepted", status: "True", reason: "Accepted", message: "the policy is valid and its target exists" },
  ];
  if (holder !== null) {
    const message = `${originOf(holder)} is older and holds the same target; this object has no effect there`;
    return [...verdicts, { type: "Conflicted", status: "True", reason: "TargetConflict", message }];
  }
  const { acked, total } = count(unitsOfPolicy(store, policy));
  return [
    ...verdicts,
    { type: "Conflicted", status: "False", reason: "NoConflict", message: "no other object holds the target" },
    {
      type: "Programmed",
      status: acked === total ? "True" : "False",
      reason: acked === total ? "Programmed" : "Pending",
      message: total === 0 ? "no proxy uses the target at present" : `${acked} of ${total} proxies have it in force`,
    },
  ];
}

/** Why the policy cannot be attached, or null. */
function targetProblem(store: MeshStore, policy: KubeObject): { reason: string; message: string } | null {
  const namespace = policy.metadata.namespace ?? "default";
  const { targetRefs = [], selector } = attachmentOf(policy);
  for (const { kind, name } of targetRefs) {
    if (kind === "MeshConfig") {
      if (namespace !== SYSTEM_NAMESPACE) {
        return { reason: "Invalid", message: `only policies of ${SYSTEM_NAMESPACE} may target MeshConfig` };
      }
      continue;
    }
    if (kind === "Namespace") {
      if (name !== namespace) return { reason: "Invalid", message: `a policy may target no Namespace but its own, ${namespace}` };
      continue;
    }
    if (kind !== "Service" && kind !== "HTTPRoute") return { reason: "InvalidKind", message: `targets of kind ${kind} are not served yet` };
    if (store.get(kind, `${namespace}/${name}`) === undefined) {
      return { reason: "TargetNotFound", message: `${kind} ${namespace}/${name} does not exist` };
    }
  }
  if (selector !== undefined && !store.workloadsIn(namespace).some((workload) => selects(policy, workload.metadata.labels ?? {}))) {
    return { reason: "TargetNotFound", message: "the selector matches no workload" };
  }
  return null;
}
