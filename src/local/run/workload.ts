import { workloadKind, type Workload, type WorkloadStatus } from "../../model/kinds/workload.ts";
import type { SidecarPorts } from "./environment.ts";
import type { RunPlan } from "./plan.ts";

/** Carried by every instance of a workload, so that policies can select it by its name. */
export const WORKLOAD_LABEL = "meshctl.dev/workload";

/** Not renewed for this long: the instance is gone (design section 9: noticed within 10 s). */
export const LEASE_SECONDS = 8;
/** Three renewals may fail before the lease ends. */
export const RENEW_MS = 2_500;

/** Application ports in the order the sidecar opens listeners for them: two services may share one. */
export function inboundAppPorts(plan: RunPlan): readonly number[] {
  return [...new Set(plan.services.map(({ appPort }) => appPort))];
}

/** The object that registers this instance. */
export function workloadOf(plan: RunPlan, ports: SidecarPorts): Workload {
  const appPorts = inboundAppPorts(plan);
  return {
    apiVersion: `${workloadKind.group}/${workloadKind.version}`,
    kind: workloadKind.kind,
    metadata: {
      name: plan.name,
      namespace: plan.namespace,
      // The workload's name as a label too: selectors of policies see labels only.
      labels: { ...plan.labels, [WORKLOAD_LABEL]: plan.name },
    },
    spec: {
      workload: plan.name,
      serviceAccount: plan.serviceAccount,
      ...(plan.version === undefined ? {} : { version: plan.version }),
      address: "127.0.0.1",
      services: plan.services.map(({ name, port, protocol, appPort }) => ({
        name,
        port,
        protocol,
        appPort,
        inboundPort: ports.inbound[appPorts.indexOf(appPort)] ?? 0,
      })),
      upstreams: plan.upstreams.map(({ destination }, index) => ({ destination, localPort: ports.upstreams[index] ?? 0 })),
      proxy: { adminPort: ports.admin, outboundPort: ports.outbound },
      leaseDurationSeconds: LEASE_SECONDS,
    },
  };
}

/** Whether the instance behind an object still renews its lease. One that never did counts from its creation. */
export function isLive(workload: Workload, nowMs: number): boolean {
  return workload.status?.phase !== "Lost" && leaseLeftMs(workload, nowMs) >= 0;
}

/** Negative once the lease has ended. */
export function leaseLeftMs(workload: Workload, nowMs: number): number {
  const renewed = Date.parse(workload.status?.renewTime ?? workload.metadata.creationTimestamp ?? "");
  const leaseMs = (workload.spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1_000;
  return Number.isFinite(renewed) ? renewed + leaseMs - nowMs : -1;
}

/** What changes while an instance runs. */
export interface LiveState {
  readonly phase: WorkloadStatus["phase"];
  /** `service:port`. */
  readonly ready: readonly string[];
  readonly pid: number | null;
  readonly proxyPid: number | null;
  /** Why it is not ready; null when there is nothing to say. */
  readonly message: string | null;
}

/** Nulls, not absent fields: in a merge patch they take away what an earlier state said. */
export function statusPatch(state: LiveState, nowMs: number): object {
  return {
    status: {
      renewTime: new Date(nowMs).toISOString(),
      ready: [...state.ready],
      phase: state.phase,
      pid: state.pid,
      proxyPid: state.proxyPid,
      message: state.message,
    },
  };
}
