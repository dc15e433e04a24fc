import { formatAge } from "../../lib/age.ts";
import { FINE, type Finding, type HealthCheck } from "../contract.ts";

/** How late a rotation may be before it is worth a word: the controller looks at most this often. */
const LATE_MS = 10 * 60_000;

export const issuerLifetime = Object.freeze<HealthCheck>({
  id: "issuer-lifetime",
  section: "certificates",
  description: "the issuer is valid, outlives its leaves and rotates on time",
  needs: ["api-authenticated"],
  async run(facts): Promise<Finding> {
    const { issuer, root, issuerRotatesAt, leafTtlSeconds } = await facts.ca();
    const next = "Rotate it now with `meshctl cert rotate --issuer`.";
    const endsMs = Date.parse(issuer.notAfter);
    if (endsMs <= facts.nowMs) return { level: "error", reasons: [`it expired on ${issuer.notAfter}`], next };
    if (endsMs > Date.parse(root.notAfter)) return { level: "error", reasons: ["it ends after the root that signed it"], next };
    if (endsMs - facts.nowMs < leafTtlSeconds * 1000) {
      return { level: "warning", reasons: [`it ends in ${formatAge(endsMs - facts.nowMs)}, before the leaves it would issue now`], next };
    }
    const lateMs = facts.nowMs - Date.parse(issuerRotatesAt);
    if (lateMs > LATE_MS) return { level: "warning", reasons: [`its rotation is overdue by ${formatAge(lateMs)}`], next };
    return FINE;
  },
});
