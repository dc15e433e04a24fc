import { messageOf } from "../../lib/errors.ts";
import { FINE, type Finding, type HealthCheck } from "../contract.ts";

export const apiReachable = Object.freeze<HealthCheck>({
  id: "api-reachable",
  section: "control plane",
  description: "the API answers over verified TLS",
  needs: ["context", "controller-process"],
  async run(facts): Promise<Finding> {
    const { server } = facts.context();
    try {
      await facts.reach();
      return FINE;
    } catch (error) {
      return {
        level: "error",
        reasons: [`${server}: ${messageOf(error)}`],
        next: "`meshctl local status` and `meshctl local logs` show the controller's side.",
      };
    }
  },
});
