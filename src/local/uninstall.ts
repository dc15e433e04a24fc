import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { readContexts, writeContexts } from "../home/contexts-file.ts";
import { withoutContext } from "../home/contexts.ts";
import { sweepMemoryDirs } from "../home/memory-dir.ts";
import { prepareHome } from "../home/prepare.ts";
import { EXIT, UserError } from "../lib/errors.ts";
import { controllerState } from "./controller/status.ts";
import { endController } from "./controller/stop.ts";
import { LOCAL_CONTEXT } from "./context.ts";
import type { Host } from "./host.ts";
import { withLock } from "./lock.ts";
import { endProcess } from "./process.ts";
import { instanceOf, liveRuns, type RunRecord } from "./run-record.ts";

/** What taking the local mesh away means here and now. */
export interface UninstallPlan {
  readonly installed: boolean;
  readonly controllerPid: number | null;
  /** Workloads that still run; without force they stop the whole thing. */
  readonly runs: readonly RunRecord[];
  /** Directory that goes, with everything in it. */
  readonly removes: string;
}

/** A run drains for up to 30 s by default. */
const RUN_GRACE_MS = 35_000;

export function planUninstall(host: Host): UninstallPlan {
  const now = controllerState(host.layout);
  return {
    installed: now.state !== "not-installed" || existsSync(host.layout.local),
    controllerPid: now.state === "running" ? now.record.pid : null,
    runs: liveRuns(host.layout),
    removes: host.layout.local,
  };
}

/** Ends the controller and removes its state and context. Refuses while workloads run, unless `force` ends them first. */
export async function uninstall(host: Host, force: boolean, report: (text: string) => void): Promise<UninstallPlan> {
  const plan = planUninstall(host);
  if (!plan.installed) return plan;
  prepareHome(host.layout, host.uid);
  await withLock(
    host,
    (holder) => report(`waiting for another meshctl (process ${holder}) that works on ${host.layout.root}`),
    async () => {
      const runs = liveRuns(host.layout);
      if (runs.length > 0 && !force) throw stillRunning(runs);
      for (const run of runs) report(`ending ${instanceOf(run)} (process ${run.pid})`);
      await Promise.all(runs.map((run) => endProcess(run.pid, host.clock, RUN_GRACE_MS)));
      report("ending the controller");
      await endController(host);
      sweepMemoryDirs({ env: host.env, uid: host.uid, root: host.layout.root }, []);
      rmSync(host.layout.local, { recursive: true, force: true });
      await forgetContext(host);
    },
  );
  removeIfEmpty(host.layout.root);
  return plan;
}

function stillRunning(runs: readonly RunRecord[]): UserError {
  const names = runs.map((run) => `${instanceOf(run)} (process ${run.pid})`).join(", ");
  return new UserError(`${runs.length === 1 ? "a workload still runs" : `${runs.length} workloads still run`}: ${names}`, {
    hint: "End them first, or give --force to have them ended.",
    exitCode: EXIT.REFUSED,
  });
}

async function forgetContext(host: Host): Promise<void> {
  const left = withoutContext(readContexts(host.layout), LOCAL_CONTEXT);
  if (left.contexts.length === 0) rmSync(host.layout.configFile, { force: true });
  else await writeContexts(host.layout, left);
}

function removeIfEmpty(path: string): void {
  if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
}
