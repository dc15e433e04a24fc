import type { Violation } from "../../lib/errors.ts";
import { violationsOf } from "../../model/violations.ts";
import { mergeValues } from "./merge.ts";
import { PROFILES, type ProfileName } from "./profiles.ts";
import { type PartialValues, type Values, valuesSchema } from "./schema.ts";

export type Resolved =
  | { readonly values: Values; readonly violations: readonly [] }
  | { readonly values: null; readonly violations: readonly Violation[] };

/** Profile, then each layer on top of the one before; with every default filled in, or with all that is wrong. */
export function resolveValues(profile: ProfileName, layers: readonly PartialValues[]): Resolved {
  const asked = layers.reduce(mergeValues, PROFILES[profile]);
  const parsed = valuesSchema.safeParse(asked);
  if (!parsed.success) return { values: null, violations: violationsOf(parsed.error, valuesSchema) };
  const violations = crossViolations(parsed.data);
  return violations.length > 0 ? { values: null, violations } : { values: parsed.data, violations: [] };
}

/** Rules between fields. */
function crossViolations(values: Values): Violation[] {
  const found: Violation[] = [];
  const { minReplicas, maxReplicas, enabled } = values.autoscaling;
  if (minReplicas > maxReplicas)
    found.push({ path: "autoscaling.minReplicas", message: `must be at most autoscaling.maxReplicas, ${maxReplicas}` });
  const fewest = enabled ? minReplicas : values.controller.replicas;
  if (values.disruptionBudget.enabled && values.disruptionBudget.maxUnavailable >= fewest && fewest > 1) {
    found.push({
      path: "disruptionBudget.maxUnavailable",
      message: `must be less than the fewest pods there are, ${fewest}`,
      hint: "otherwise a drain may end all of them at once",
    });
  }
  return found;
}
