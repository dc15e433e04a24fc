import type { KubeObject } from "./object.ts";

export interface PodStatus {
  /** `1/2`: containers that are ready, of those there are. */
  readonly ready: string;
  /** What kubectl shows as STATUS: the phase, or the most telling reason of a container. */
  readonly reason: string;
  readonly restarts: number;
}

interface ContainerState {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: object;
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
  };
}

interface Pod extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly containerStatuses?: readonly ContainerState[];
    readonly initContainerStatuses?: readonly ContainerState[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** As API servers sum up a Pod in their table; sidecars (init containers that stay) count among its containers. */
export function podStatus(object: KubeObject): PodStatus {
  const { metadata, spec = {}, status = {} } = object as Pod;
  const { containers = [], initContainers = [] } = spec;
  const { containerStatuses = [], initContainerStatuses = [] } = status;
  const sidecars = new Set(initContainers.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
  const counted = [...containerStatuses, ...initContainerStatuses.filter(({ name }) => sidecars.has(name))];
  const ready = counted.filter((container) => container.ready === true && container.state?.running !== undefined).length;
  const initializing = initReason(initContainerStatuses, sidecars, initContainers.length);
  const phase = status.reason ?? status.phase ?? "Unknown";
  let reason = initializing ?? containerReason(containerStatuses, phase);
  if (metadata.deletionTimestamp !== undefined) reason = status.reason === "NodeLost" ? "Unknown" : "Terminating";
  const restarting = initializing === null ? counted : initContainerStatuses;
  const restarts = restarting.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  return { ready: `${ready}/${containers.length + sidecars.size}`, reason, restarts };
}

/** `Init:0/2`, or what holds the first unfinished one up; null when all are done. */
function initReason(statuses: readonly ContainerState[], sidecars: ReadonlySet<string>, total: number): string | null {
  for (const [index, { name, state, started }] of statuses.entries()) {
    if (state?.terminated?.exitCode === 0 || (sidecars.has(name) && started === true)) continue;
    if (state?.terminated !== undefined) return `Init:${state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`}`;
    const waiting = state?.waiting?.reason;
    return waiting !== undefined && waiting !== "" && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return null;
}

function containerReason(statuses: readonly ContainerState[], phase: string): string {
  let reason = phase;
  let running = false;
  for (const { state, ready } of statuses.toReversed()) {
    const { waiting, terminated } = state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated !== undefined) {
      reason = terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`);
    } else if (ready === true && state?.running !== undefined) running = true;
  }
  // A finished container beside running ones: the Pod is not done.
  return reason === "Completed" && running ? "Running" : reason;
}
