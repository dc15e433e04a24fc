import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { directoryProblem } from "./inspect.ts";

/** `f_type` of file systems that live in memory only (linux/magic.h). ramfs is left out: it has no size limit. */
const TMPFS_MAGIC = 0x01021994;

export interface MemoryDirInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  /** State directory: two homes never share a place. */
  readonly root: string;
}

/**
 * A fresh, private directory in memory for what the sidecar of `instance` (`namespace/name`) saves (keys never
 * reach a disk), or null where this machine has none: then the supervisor keeps it. What an earlier run of this
 * instance left is removed.
 */
export function createMemoryDir(input: MemoryDirInput, instance: string): string | null {
  for (const parent of candidates(input)) {
    if (!isMemory(parent)) continue;
    const top = topOf(parent, input.uid);
    const path = join(top, prefixOf(input.root) + instance.replace("/", "."));
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

/** Removes what killed runs of this state directory left, but for the instances (`namespace/name`) that run. */
export function sweepMemoryDirs(input: MemoryDirInput, running: readonly string[]): void {
  const prefix = prefixOf(input.root);
  const keep = new Set(running.map((instance) => prefix + instance.replace("/", ".")));
  for (const parent of candidates(input)) {
    const top = topOf(parent, input.uid);
    if (!isMemory(parent) || directoryProblem(top, input.uid) !== null || !existsSync(top)) continue;
    for (const name of readdirSync(top)) {
      if (name.startsWith(prefix) && !keep.has(name)) removeMemoryDir(join(top, name));
    }
  }
}

function topOf(parent: string, uid: number | undefined): string {
  return join(parent, `meshctl-${uid ?? "user"}`);
}

function prefixOf(root: string): string {
  return `${createHash("sha256").update(root).digest("hex").slice(0, 12)}.`;
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
