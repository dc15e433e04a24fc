import type { HomeLayout } from "../../home/layout.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Workload } from "../../model/kinds/workload.ts";
import { isAlive, isAliveAs } from "../process.ts";
import { readRunRecord } from "../run-record.ts";
import { waitUntil } from "../wait.ts";

/** The watching shell gives a command 2 s; a sidecar without its supervisor goes at once. */
const LAST_PROCESSES_MS = 4_000;

/** Whether a registered instance is what a killed `meshctl run` left: its own note names a supervisor that is gone. Its lease may still hold. */
export function isLeftBehind(layout: HomeLayout, workload: Workload): boolean {
  const { name, namespace = "default" } = workload.metadata;
  const record = readRunRecord(layout, namespace, name);
  // The note may be of an earlier run of this name: both must speak of the same sidecar.
  if (record === null || record.proxyPid === null || record.proxyPid !== workload.status?.proxyPid) return false;
  return !isAliveAs(record.pid, "meshctl");
}

/** Waits until command and sidecar of a killed run have ended, as they soon do: they hold the ports until then. */
export async function lastProcessesGone(workload: Workload, clock: Clock): Promise<void> {
  const { pid, proxyPid } = workload.status ?? {};
  const gone = (): boolean => [pid, proxyPid].every((one) => one === undefined || !isAlive(one));
  await waitUntil(clock, gone, { limitMs: LAST_PROCESSES_MS });
}

/** Whether nothing of an instance runs on this machine any more, as far as its object says who that was. */
export function hasNoProcess(workload: Workload): boolean {
  const { pid, proxyPid } = workload.status ?? {};
  const known = [pid, proxyPid].filter((one) => one !== undefined);
  return known.length > 0 && !known.some(isAlive);
}
