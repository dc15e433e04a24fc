import * as z from "zod";
import { mapList } from "./list-types.ts";
import type { Condition } from "./object.ts";

/** One entry of `status.conditions`. */
export const conditionSchema = z.strictObject({
  type: z.string().min(1).max(316).describe("What is judged: Accepted, Programmed, ResolvedRefs, Conflicted."),
  status: z.enum(["True", "False", "Unknown"]).describe("The judgement."),
  reason: z.string().min(1).max(1024).describe("One CamelCase word for machines."),
  message: z.string().max(32768).describe("The judgement in words."),
  observedGeneration: z.int().min(0).optional().describe("metadata.generation that was judged."),
  lastTransitionTime: z.string().describe("RFC 3339 instant at which status last changed."),
});

export const conditionsSchema = mapList(["type"], z.array(conditionSchema.describe("One judgement.")).max(16)).describe(
  "Judgements about this object, one of each type.",
);

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * `conditions` with `next` in place of the entry of its type, or at the end. lastTransitionTime is kept
 * while the status stays the same. Returns the very same array when nothing changed, so that a writer can skip the write.
 */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, "lastTransitionTime">,
  nowIso: string,
): readonly Condition[] {
  const old = findCondition(conditions, next.type);
  if (
    old !== undefined &&
    old.status === next.status &&
    old.reason === next.reason &&
    old.message === next.message &&
    old.observedGeneration === next.observedGeneration
  ) {
    return conditions;
  }
  const entry: Condition = { ...next, lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : nowIso };
  return old === undefined ? [...conditions, entry] : conditions.map((condition) => (condition === old ? entry : condition));
}
