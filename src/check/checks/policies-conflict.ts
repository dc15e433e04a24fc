import { describeConditions } from "../conditions.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const policiesConflict = Object.freeze<HealthCheck>({
  id: "policies-conflict",
  section: "policies",
  description: "no two policies of a kind stand on one target",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    return failWhenAny(
      describeConditions(await facts.policies(), "Conflicted", "True"),
      "The oldest one acts; merge the others into it, or delete them.",
      "warning",
    );
  },
});
