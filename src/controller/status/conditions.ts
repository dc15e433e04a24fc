import type { Condition } from "../../model/object.ts";
import type { Verdict } from "../../policies/route/conditions.ts";

/** Dates verdicts: a condition that keeps its status keeps the time of its last transition. */
export function datedConditions(
  verdicts: readonly Verdict[],
  before: readonly Condition[],
  generation: number | undefined,
  nowMs: number,
): Condition[] {
  return verdicts.map((verdict) => {
    const known = before.find((condition) => condition.type === verdict.type);
    return {
      type: verdict.type,
      status: verdict.status,
      reason: verdict.reason,
      message: verdict.message.slice(0, 32_768),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: known?.status === verdict.status ? known.lastTransitionTime : `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    };
  });
}

/** True when nothing a reader would care about differs. */
export function sameConditions(a: readonly Condition[], b: readonly Condition[]): boolean {
  return (
    a.length === b.length &&
    a.every((left) => {
      const right = b.find((condition) => condition.type === left.type);
      return (
        right !== undefined &&
        left.status === right.status &&
        left.reason === right.reason &&
        left.message === right.message &&
        left.observedGeneration === right.observedGeneration
      );
    })
  );
}
