import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import { waitUntil } from "./wait.ts";

/** Whether the process runs. One that has ended and waits for its parent to notice (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return processState(pid) !== "Z";
}

/** Whether the process runs and its command line contains `word`: process ids are used again, so a number alone proves nothing. */
export function isAliveAs(pid: number, word: string): boolean {
  return isAlive(pid) && commandLine(pid).includes(word);
}

/** SIGTERM, then SIGKILL when it still runs after `graceMs`. Resolves when it is gone; false when even that did not end it. */
export async function endProcess(pid: number, clock: Clock, graceMs: number): Promise<boolean> {
  if (!signalProcess(pid, "SIGTERM")) return true;
  if (await waitUntil(clock, () => !isAlive(pid), { limitMs: graceMs })) return true;
  signalProcess(pid, "SIGKILL");
  return (await waitUntil(clock, () => !isAlive(pid), { limitMs: 5_000 })) === true;
}

/** False when there is no such process any more. Negative ids mean process groups. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** One letter of proc(5)'s stat; empty where there is no /proc. The name before it may contain blanks and parentheses. */
function processState(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  } catch {
    return "";
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // No /proc on this system, or the process has just gone: ps tells both.
  }
  // Node's own: every command that looks for the controller loads this file, and few ever come here.
  try {
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
