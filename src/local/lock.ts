import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT, UserError } from "../lib/errors.ts";
import type { Host } from "./host.ts";
import { isAliveAs } from "./process.ts";
import { waitUntil } from "./wait.ts";

const WAIT_MS = 60_000;
/** In the place of a process id where there is none to tell. */
const NO_HOLDER = 0;

/**
 * Runs `work` while no other meshctl changes the control plane of this state directory. A second one waits
 * (`onWait` is told once who it waits for); the lock of one that was killed is taken over.
 */
export async function withLock<T>(host: Host, onWait: (holderPid: number) => void, work: () => Promise<T>): Promise<T> {
  const path = join(host.layout.root, "lock");
  let told = false;
  const taken = await waitUntil(
    host.clock,
    () => {
      const holder = tryLock(path, host.pid);
      if (holder !== null && holder !== NO_HOLDER && !told) {
        told = true;
        onWait(holder);
      }
      return holder === null;
    },
    { limitMs: WAIT_MS, everyMs: 50 },
  );
  if (!taken) {
    throw new UserError(`another meshctl has been working on ${host.layout.root} for over ${WAIT_MS / 1000} s`, {
      hint: `End it, or remove ${path} when there is none.`,
      exitCode: EXIT.REFUSED,
    });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Null when the lock is ours now, else who holds it. */
function tryLock(path: string, pid: number): number | null {
  // Written aside and linked into place: nobody ever reads a lock without its owner.
  const own = `${path}.${pid}`;
  writeFileSync(own, String(pid), { mode: 0o600 });
  try {
    linkSync(own, path);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(own, { force: true });
  }
  const holder = holderOf(path);
  if (holder === null) return NO_HOLDER;
  // Our own number in it is an earlier process's: one process takes the lock once (containers count from 1 again).
  if (holder !== pid && holder !== NO_HOLDER && isAliveAs(holder, "meshctl")) return holder;
  takeAway(path, `${path}.${pid}.stale`, holder);
  return holder;
}

/** Moves a dead owner's lock away; should someone have replaced it in this instant, what was moved goes back. */
function takeAway(path: string, aside: string, dead: number): void {
  try {
    renameSync(path, aside);
    if (holderOf(aside) !== dead) linkSync(aside, path);
  } catch {
    // Someone else was faster: the next look tells.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Null when the lock has just been given back. */
function holderOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : NO_HOLDER;
  } catch {
    return null;
  }
}
