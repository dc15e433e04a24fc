import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EXIT, messageOf, UserError } from "../lib/errors.ts";
import { type HomeProblem, inspectHome, privateDirectories } from "./inspect.ts";
import type { HomeLayout } from "./layout.ts";

/**
 * Makes the state directory and what belongs under it, private to the user, and proves that it can be
 * written. Existing directories are judged, never silently opened or closed: throws {@link UserError}
 * that names the path and the command that puts it right.
 */
export function prepareHome(layout: HomeLayout, uid: number | undefined): void {
  const [problem] = inspectHome(layout, uid);
  if (problem) throw homeError(problem);
  for (const path of privateDirectories(layout)) {
    try {
      makeDirectory(path);
    } catch (error) {
      throw notWritable(path, error);
    }
  }
  // Permission bits do not say everything (read-only mounts, quotas, other users' rules): writing does.
  const probe = join(layout.local, ".probe");
  try {
    writeFileSync(probe, "", { mode: 0o600 });
    rmSync(probe);
  } catch (error) {
    throw notWritable(layout.local, error);
  }
}

/** With the parents that are missing. Node's own `recursive` never returns where the system refuses with ENOENT, as /proc does. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path, { mode: 0o700 });
}

export function homeError(problem: HomeProblem): UserError {
  return new UserError(`state directory: ${problem.path} ${problem.message}`, { hint: problem.fix, exitCode: EXIT.NOT_FINE });
}

function notWritable(path: string, cause: unknown): UserError {
  return new UserError(`state directory: ${path} cannot be written: ${messageOf(cause)}`, {
    hint: "Set MESHCTL_HOME to a directory that you can write, or mend its permissions.",
    cause,
  });
}
