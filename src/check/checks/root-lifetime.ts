import { formatAge } from "../../lib/age.ts";
import { FINE, type Finding, type HealthCheck } from "../contract.ts";

/** Time to plan a change of the root in. */
const WARN_MS = 60 * 24 * 3_600_000;

export const rootLifetime = Object.freeze<HealthCheck>({
  id: "root-lifetime",
  section: "certificates",
  description: "the root certificate is valid for at least 60 days",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const { root } = await facts.ca();
    if (Date.parse(root.notBefore) > facts.nowMs) {
      return {
        level: "error",
        reasons: [`it is valid from ${root.notBefore}, which this clock has not reached`],
        next: "Set the clock of this machine.",
      };
    }
    const leftMs = Date.parse(root.notAfter) - facts.nowMs;
    if (leftMs >= WARN_MS) return FINE;
    if (leftMs <= 0) {
      return {
        level: "error",
        reasons: [`it expired on ${root.notAfter}`],
        next: "Install anew: no certificate of this mesh is valid any more.",
      };
    }
    return {
      level: "warning",
      reasons: [`it expires in ${formatAge(leftMs)}, on ${root.notAfter}`],
      next: "Plan a new root; `meshctl cert status` shows it.",
    };
  },
});
