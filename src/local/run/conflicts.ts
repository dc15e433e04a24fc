import { EXIT, UserError } from "../../lib/errors.ts";
import type { KubeObject } from "../../model/object.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import type { RunPlan } from "./plan.ts";
import { hasNoProcess } from "./left-behind.ts";
import { isLive, leaseLeftMs } from "./workload.ts";

/** On the Services that the controller derives from workloads; one without it was written by someone else. */
const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
const MANAGED_BY = "meshctl";

/**
 * Refuses (exit code 4) a second live NAME, a protocol that other instances contradict, and a
 * Service that the controller would have to overwrite.
 */
export function refuseConflicts(plan: RunPlan, workloads: readonly Workload[], services: readonly KubeObject[], nowMs: number): void {
  const live = workloads.filter((workload) => workload.metadata.namespace === plan.namespace && isLive(workload, nowMs));
  const twin = live.find(({ metadata }) => metadata.name === plan.name);
  if (twin) throw alreadyRunning(plan.instance, twin, nowMs);
  for (const wanted of plan.services) {
    for (const workload of live) {
      const other = workload.spec?.services.find(({ name, port }) => name === wanted.name && port === wanted.port);
      if (other === undefined || other.protocol === wanted.protocol) continue;
      throw refused(
        `service ${wanted.name}:${wanted.port} is ${wanted.protocol} here, but ${workload.metadata.name} runs it as ${other.protocol}`,
        `Use --service ${wanted.name}:${wanted.port}/${other.protocol}, or another port.`,
      );
    }
    for (const name of derivedServiceNames(wanted.name, plan.version)) {
      const service = services.find(({ metadata }) => metadata.namespace === plan.namespace && metadata.name === name);
      if (service === undefined || service.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY) continue;
      throw refused(
        `a Service ${plan.namespace}/${name} that someone wrote already exists`,
        "The mesh does not change it: delete it, or use another service name.",
      );
    }
  }
}

export function alreadyRunning(instance: string, other: Workload, nowMs: number): UserError {
  const pid = other.status?.pid;
  if (hasNoProcess(other)) {
    const leftSeconds = Math.max(1, Math.ceil(leaseLeftMs(other, nowMs) / 1_000));
    return refused(
      `the name ${instance} is still taken: its run is gone, its lease ends in ${leftSeconds} s`,
      "Try again then, or give this one another name.",
    );
  }
  return refused(
    `a workload ${instance} is already running${pid ? ` (its command is process ${pid})` : ""}`,
    `End it, or give this one another name: copies of a service differ in name, as in ${other.metadata.name}-2.`,
  );
}

/** Services the controller makes for one served port: the service itself, and one for its version. */
function derivedServiceNames(name: string, version: string | undefined): readonly string[] {
  return version === undefined ? [name] : [name, `${name}-${version}`];
}

function refused(message: string, hint: string): UserError {
  return new UserError(message, { hint, exitCode: EXIT.REFUSED });
}
