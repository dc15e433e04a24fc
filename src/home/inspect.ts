import { accessSync, constants, lstatSync, readdirSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import type { HomeLayout } from "./layout.ts";

/** Something about the state directory that must be put right before secrets go into it. */
export interface HomeProblem {
  readonly path: string;
  /** What is wrong, without the path: `is open to other users (mode 0755)`. */
  readonly message: string;
  /** A command, or a sentence, that puts it right. */
  readonly fix: string;
}

/** Directories that must be private when they exist, outermost first. */
export function privateDirectories(layout: HomeLayout): readonly string[] {
  return [
    layout.root,
    layout.local,
    dirname(layout.controllerLog),
    layout.storeDir,
    layout.caDir,
    layout.auditDir,
    dirname(layout.adminTokenFile),
    layout.runDir,
  ];
}

/** Everything wrong with owners and modes of the state directory; what does not exist yet is fine. Makes nothing. */
export function inspectHome(layout: HomeLayout, uid: number | undefined): readonly HomeProblem[] {
  const problems: HomeProblem[] = [];
  for (const path of privateDirectories(layout)) {
    const problem = directoryProblem(path, uid);
    if (problem) problems.push(problem);
  }
  const secrets = [layout.configFile, layout.adminTokenFile, layout.controllerFile, ...filesIn(layout.caDir), ...filesIn(layout.storeDir)];
  for (const path of secrets) {
    const problem = fileProblem(path, uid);
    if (problem) problems.push(problem);
  }
  return problems;
}

/** What lets others read the credential at `path`: its own mode, or those of the state directories it stands in. Null when nothing does. */
export function credentialProblem(layout: HomeLayout, path: string, uid: number | undefined): HomeProblem | null {
  for (const directory of privateDirectories(layout)) {
    if (!path.startsWith(`${directory}/`)) continue;
    const stats = statOrNull(directory);
    const problem = stats?.isDirectory() ? ownershipProblem(directory, stats, uid, "chmod 700") : null;
    if (problem) return problem;
  }
  return fileProblem(path, uid);
}

/** Only the state directory itself and what stands above it in the tree: cheap enough for every command. */
export function directoryProblem(path: string, uid: number | undefined): HomeProblem | null {
  const stats = statOrNull(path);
  if (stats === null) return null;
  if (stats.isSymbolicLink()) return { path, message: "is a symbolic link", fix: "Name the directory it points to instead." };
  if (!stats.isDirectory()) return { path, message: "is not a directory", fix: `mv ${path} ${path}.old` };
  const open = ownershipProblem(path, stats, uid, "chmod 700");
  if (open) return open;
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch {
    return { path, message: "is not writable", fix: `chmod 700 ${path}` };
  }
}

function fileProblem(path: string, uid: number | undefined): HomeProblem | null {
  const stats = statOrNull(path);
  return stats === null || !stats.isFile() ? null : ownershipProblem(path, stats, uid, "chmod 600");
}

function ownershipProblem(path: string, stats: Stats, uid: number | undefined, chmod: string): HomeProblem | null {
  if (uid !== undefined && stats.uid !== uid) {
    return {
      path,
      message: `belongs to user ${stats.uid}, not to you (${uid})`,
      fix: "Set MESHCTL_HOME to a directory of your own, or run as its owner.",
    };
  }
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) === 0) return null;
  return { path, message: `is open to other users (mode 0${mode.toString(8)})`, fix: `${chmod} ${path}` };
}

function statOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

function filesIn(path: string): readonly string[] {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    return [];
  }
}
