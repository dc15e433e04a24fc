import { describeConditions } from "../conditions.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const policiesWhole = Object.freeze<HealthCheck>({
  id: "policies-whole",
  section: "policies",
  description: "every field of a route is heeded",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    return failWhenAny(
      describeConditions(await facts.policies(), "PartiallyInvalid", "True"),
      "The rest of the route acts without it; take the field out, or write it in a way that is supported.",
      "warning",
    );
  },
});
