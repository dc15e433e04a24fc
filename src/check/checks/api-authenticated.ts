import { messageOf } from "../../lib/errors.ts";
import { FINE, type Finding, type HealthCheck } from "../contract.ts";

export const apiAuthenticated = Object.freeze<HealthCheck>({
  id: "api-authenticated",
  section: "control plane",
  description: "the API accepts your credential",
  needs: ["api-reachable"],
  async run(facts): Promise<Finding> {
    try {
      await facts.serverVersion();
      return FINE;
    } catch (error) {
      return {
        level: "error",
        reasons: [messageOf(error)],
        next: `The token file of context "${facts.context().name}" is not the controller's; \`meshctl install --local\` writes it again.`,
      };
    }
  },
});
