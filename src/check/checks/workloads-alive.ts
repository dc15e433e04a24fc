import { formatAge } from "../../lib/age.ts";
import { keyOf } from "../../model/object.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const workloadsAlive = Object.freeze<HealthCheck>({
  id: "workloads-alive",
  section: "workloads",
  description: "every workload renews its lease",
  needs: ["api-authenticated"],
  platform: "local",
  async run(facts): Promise<Finding> {
    const reasons: string[] = [];
    for (const workload of await facts.workloads()) {
      if (workload.status?.phase === "Lost") {
        reasons.push(`${keyOf(workload)} is lost: ${workload.status.message ?? "its lease ended"}`);
        continue;
      }
      const renewed = Date.parse(workload.status?.renewTime ?? workload.metadata.creationTimestamp ?? "");
      const silentMs = facts.nowMs - renewed;
      if (silentMs > (workload.spec?.leaseDurationSeconds ?? 8) * 1_000)
        reasons.push(`${keyOf(workload)} was last heard of ${formatAge(silentMs)} ago`);
    }
    return failWhenAny(reasons, "Its `meshctl run` was killed or hangs; the controller takes its endpoints out. Start it again.");
  },
});
