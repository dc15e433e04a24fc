import type { Host } from "../host.ts";
import { withLock } from "../lock.ts";
import { prepareHome } from "../../home/prepare.ts";
import { endProcess } from "../process.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { controllerState } from "./status.ts";

/** It flushes its store and closes streams; then it is ended by force. Acknowledged writes are on disk either way. */
const GRACE_MS = 10_000;

/** Ends the controller and leaves its state. Returns the process id it had, or null when none ran. */
export async function stopController(host: Host, report: (text: string) => void): Promise<number | null> {
  if (controllerState(host.layout).state === "not-installed") return null;
  prepareHome(host.layout, host.uid);
  return withLock(
    host,
    (holder) => report(`waiting for another meshctl (process ${holder}) that works on ${host.layout.root}`),
    () => endController(host),
  );
}

/** {@link stopController} for those who hold the lock already. */
export async function endController(host: Host): Promise<number | null> {
  const now = controllerState(host.layout);
  if (now.state !== "running") return null;
  const { pid } = now.record;
  if (!(await endProcess(pid, host.clock, GRACE_MS))) {
    throw new UserError(`the controller (process ${pid}) does not end`, { hint: `Look at it with ps -p ${pid}.`, exitCode: EXIT.REFUSED });
  }
  return pid;
}
