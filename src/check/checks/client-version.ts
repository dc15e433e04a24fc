import { FINE, type Finding, type HealthCheck } from "../contract.ts";
import { minorsApart } from "../../lib/version-skew.ts";

export const clientVersion = Object.freeze<HealthCheck>({
  id: "client-version",
  section: "control plane",
  description: "this program and the controller are of one version",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const { version } = await facts.serverVersion();
    if (version === facts.clientVersion) return FINE;
    const apart = minorsApart(version, facts.clientVersion);
    return {
      level: apart === null || apart > 1 ? "error" : "warning",
      reasons: [`this program is ${facts.clientVersion}, the controller ${version}`],
      next: "Restart the controller with this program's version: `meshctl local stop && meshctl local start`.",
    };
  },
});
