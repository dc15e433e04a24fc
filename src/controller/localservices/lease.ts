import type { Change } from "../../compile/store.ts";
import type { KubeObject } from "../../model/object.ts";
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

/**
 * What the controller says of an instance whose lease has ended. Of that very object in that very state: one that
 * is renewed in this instant stays as it is.
 */
export function lostPatch({ metadata }: Workload, endMs: number): object {
  const ended = `${new Date(endMs).toISOString().slice(0, 19)}Z`;
  return {
    metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    status: {
      phase: "Lost",
      ready: [],
      pid: null,
      proxyPid: null,
      message: `its lease ended at ${ended}: the run was killed or its machine slept`,
    },
  };
}

/** True for the most frequent change of all: a lease was renewed and nothing else is different. */
export function onlyRenewed({ kind, before, after }: Change): boolean {
  if (kind !== "Workload" || before === undefined || after === undefined) return false;
  return JSON.stringify(withoutRenewal(before)) === JSON.stringify(withoutRenewal(after));
}

function withoutRenewal({ metadata, spec, status }: KubeObject): object {
  const { renewTime: _, ...rest } = (status ?? {}) as NonNullable<Workload["status"]>;
  return { uid: metadata.uid, labels: metadata.labels, spec, rest };
}
