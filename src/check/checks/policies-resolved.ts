import { describeConditions } from "../conditions.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const policiesResolved = Object.freeze<HealthCheck>({
  id: "policies-resolved",
  section: "policies",
  description: "every reference of a route or policy leads somewhere",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    return failWhenAny(
      describeConditions(await facts.policies(), "ResolvedRefs", "False"),
      "Requests for that backend are answered with 500; mend the reference or start the backend.",
    );
  },
});
