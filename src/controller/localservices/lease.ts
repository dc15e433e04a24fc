import type { Workload } from "../../model/kinds/workload.ts";

/**
 * When a workload's lease ends, in Unix milliseconds. Nothing could be renewed while the controller was
 * away or suspended, so no lease counts from before `sinceMs`, when it (again) began to listen.
 */
export function leaseEndMs(workload: Workload, sinceMs: number): number {
  const renewed = Date.parse(workload.status?.renewTime ?? workload.metadata.creationTimestamp ?? "");
  const from = Math.max(Number.isNaN(renewed) ? 0 : renewed, sinceMs);
  return from + (workload.spec?.leaseDurationSeconds ?? 8) * 1000;
}
