import { spawn } from "node:child_process";
import { closeSync, rmSync } from "node:fs";
import { type ControllerRecord, readControllerRecord } from "../../home/controller-file.ts";
import { prepareHome } from "../../home/prepare.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { Host } from "../host.ts";
import { withLock } from "../lock.ts";
import { endProcess, isAlive } from "../process.ts";
import { programFile, v8Flags } from "../programs.ts";
import { waitUntil } from "../wait.ts";
import { logSize, logTail, openLog } from "../log-file.ts";
import { controllerState } from "./status.ts";

const HEALTHY_WITHIN_MS = 30_000;
const TAIL_LINES = 12;

export interface Started {
  /** `running`: it was already there. `started`: its state was there. `installed`: nothing was. */
  readonly outcome: "running" | "started" | "installed";
  readonly record: ControllerRecord;
}

/**
 * Starts the controller of this state directory in the background and returns when it is healthy; does
 * nothing where it runs. `report` gets sentences about what is being waited for. Throws {@link UserError}
 * with the end of its log when it does not come up.
 */
export async function startController(host: Host, report: (text: string) => void): Promise<Started> {
  prepareHome(host.layout, host.uid);
  return withLock(
    host,
    (holder) => report(`waiting for another meshctl (process ${holder}) that works on ${host.layout.root}`),
    async () => {
      // Whoever held the lock may have removed what was prepared.
      prepareHome(host.layout, host.uid);
      const before = controllerState(host.layout);
      if (before.state === "running") return { outcome: "running", record: before.record };
      report("starting the controller");
      const record = await launch(host);
      return { outcome: before.state === "stopped" ? "started" : "installed", record };
    },
  );
}

async function launch(host: Host): Promise<ControllerRecord> {
  const { layout, clock } = host;
  // Written anew by a healthy controller: its being there again is the sign.
  rmSync(layout.controllerFile, { force: true });
  const log = openLog(layout.controllerLog);
  const logStart = logSize(layout.controllerLog);
  const child = spawn(host.nodePath, [...v8Flags("meshctl-controller"), programFile("meshctl-controller")], {
    // Neither the terminal's Ctrl-C nor its end reaches it, and it holds no directory of the user's busy.
    detached: true,
    cwd: layout.root,
    stdio: ["ignore", log, log],
    env: { ...host.env, MESHCTL_HOME: layout.root },
  });
  closeSync(log);
  let ended: string | null = null;
  child.once("error", (error) => {
    ended = `could not be started: ${error.message}`;
  });
  child.once("exit", (code, signal) => {
    ended = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  });

  const healthy = await waitUntil(
    clock,
    () => {
      if (ended !== null) return "ended" as const;
      const record = readControllerRecord(layout);
      return record !== null && record.pid === child.pid ? record : null;
    },
    { limitMs: HEALTHY_WITHIN_MS },
  );
  if (healthy === null && child.pid !== undefined && isAlive(child.pid)) await endProcess(child.pid, clock, 2_000);
  child.removeAllListeners();
  child.unref();
  if (healthy !== null && healthy !== "ended") return healthy;
  throw notHealthy(host, ended ?? `was not healthy after ${HEALTHY_WITHIN_MS / 1000} s`, logStart);
}

function notHealthy(host: Host, what: string, logStart: number): UserError {
  const tail = logTail(host.layout.controllerLog, TAIL_LINES, logStart);
  const said = tail.length === 0 ? "It wrote nothing to its log." : `The end of its log:\n${tail.map((line) => `    ${line}`).join("\n")}`;
  return new UserError(`the controller ${what}. ${said}`, {
    hint: `The whole log is ${host.layout.controllerLog}.`,
    exitCode: EXIT.NOT_FINE,
  });
}
