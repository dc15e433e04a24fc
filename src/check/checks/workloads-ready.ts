import { keyOf } from "../../model/object.ts";
import { failWhenAny, type Finding, type HealthCheck } from "../contract.ts";

export const workloadsReady = Object.freeze<HealthCheck>({
  id: "workloads-ready",
  section: "workloads",
  description: "every workload serves what it declares",
  needs: ["api-authenticated"],
  platform: "local",
  async run(facts): Promise<Finding> {
    const reasons: string[] = [];
    for (const workload of await facts.workloads()) {
      // What is lost serves nothing, of course: that it is lost is another check's finding.
      if (workload.status?.phase === "Lost") continue;
      const ready = new Set(workload.status?.ready ?? []);
      const waiting = (workload.spec?.services ?? []).map(({ name, port }) => `${name}:${port}`).filter((name) => !ready.has(name));
      if (waiting.length === 0) continue;
      const why = workload.status?.message ? `: ${workload.status.message}` : "";
      reasons.push(`${keyOf(workload)} is not ready for ${waiting.join(", ")}${why}`);
    }
    return failWhenAny(
      reasons,
      "See that the application listens on its port and, with --ready-path, that this path answers 2xx; its output is where `meshctl run` was started.",
    );
  },
});
