import { describeConditions } from "../conditions.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const policiesAccepted = Object.freeze<HealthCheck>({
  id: "policies-accepted",
  section: "policies",
  description: "every route and policy is accepted",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    return failWhenAny(
      describeConditions(await facts.policies(), "Accepted", "False"),
      "It has no effect until mended; `meshctl describe KIND NAME` shows its conditions.",
    );
  },
});
