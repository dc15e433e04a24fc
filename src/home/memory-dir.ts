import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { directoryProblem } from "./inspect.ts";

/** `f_type` of file systems that live in memory only (linux/magic.h). ramfs is left out: it has no size limit. */
const TMPFS_MAGIC = 0x01021994;

export interface MemoryDirInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  /** State directory: two homes never share a place. */
  readonly root: string;
  /** `namespace/instance`. */
  readonly instance: string;
}

/**
 * A fresh, private directory in memory for what a sidecar saves (keys never reach a disk), or null where
 * this machine has none: then the supervisor keeps it. What an earlier run of this instance left is removed.
 */
export function createMemoryDir(input: MemoryDirInput): string | null {
  for (const parent of candidates(input)) {
    if (!isMemory(parent)) continue;
    const home = createHash("sha256").update(input.root).digest("hex").slice(0, 12);
    const top = join(parent, `meshctl-${input.uid ?? "user"}`);
    const path = join(top, `${home}.${input.instance.replace("/", ".")}`);
    try {
      makePrivate(top, input.uid);
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path, { mode: 0o700 });
      return path;
    } catch {
      // Not ours to use: the next one, or none.
    }
  }
  return null;
}

export function removeMemoryDir(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** $XDG_RUNTIME_DIR belongs to the user alone; /dev/shm is everyone's, but sticky, and what we make in it is ours. */
function candidates({ env, uid }: MemoryDirInput): readonly string[] {
  const runtime = env.XDG_RUNTIME_DIR;
  return [...(runtime && directoryProblem(runtime, uid) === null ? [runtime] : []), "/dev/shm"];
}

function isMemory(path: string): boolean {
  try {
    return statfsSync(path).type === TMPFS_MAGIC;
  } catch {
    return false;
  }
}

/** In a directory that others may write, someone may have been there first: it must be a real directory, ours and closed. */
function makePrivate(path: string, uid: number | undefined): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const problem = directoryProblem(path, uid);
  if (problem) throw new Error(`${path} ${problem.message}`);
  if (!lstatSync(path).isDirectory()) throw new Error(`${path} is not a directory`);
}
