import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";

/** The pod's own process that holds its namespaces. */
const PAUSE = 1;
const LOOK_MS = 500;

/**
 * How many processes of other containers run in the pod, which shares its processes (`shareProcessNamespace`): whatever is
 * neither the first process nor of the sidecar's user, which nobody else may be. What has ended and was not reaped does not count.
 */
export function countOthers(proc: string, ownUid: number): number {
  return readdirSync(proc).filter((name) => /^[0-9]+$/.test(name) && Number(name) !== PAUSE && isOther(join(proc, name), ownUid)).length;
}

function isOther(folder: string, ownUid: number): boolean {
  try {
    if (statSync(folder).uid === ownUid) return false;
    const stat = readFileSync(join(folder, "stat"), "latin1");
    // The name, in brackets, may hold brackets; the state is the letter behind it.
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

export interface QuitWatchOptions {
  readonly clock: Clock;
  /** Without a process of another container for so long, after there was one. */
  readonly afterMs: number;
  others(): number;
  quit(): void;
}

/** Ends a job's sidecar when the job has: Kubernetes itself does so only for native ones. */
export function watchForQuit({ clock, afterMs, others, quit }: QuitWatchOptions): void {
  let seen = false;
  let aloneSince: number | null = null;
  const look = (): void => {
    const now = clock.monotonicMs();
    if (others() > 0) {
      seen = true;
      aloneSince = null;
    } else if (seen) {
      aloneSince ??= now;
      if (now - aloneSince >= afterMs) return quit();
    }
    clock.setTimer(look, LOOK_MS, { unref: true });
  };
  look();
}
