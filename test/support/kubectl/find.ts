/** Every real kubectl of this machine: an independent client of the resource API. */
import { execFileSync } from "node:child_process";
import { readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

export interface Kubectl {
  /** As a person types it: `kubectl`, `kubectl.1.29`. */
  readonly name: string;
  readonly path: string;
  /** `v1.29.3`. */
  readonly version: string;
  readonly minor: number;
}

const NAME = /^kubectl([.-]?v?1[.-]\d+)?$/;
/** Debian's own 1.20 speaks an older dialect: no OpenAPI v3, no field validation by the server. */
const OLDEST_MINOR = 27;

/**
 * Those on PATH, and the versioned ones that lie beside where a link on PATH leads (as packages install them), oldest first; with a
 * reason for each that is too old.
 */
export function findKubectls(): { readonly found: readonly Kubectl[]; readonly tooOld: readonly string[] } {
  const byPath = new Map<string, string>();
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of namesIn(folder)) {
      const real = realpathSync(join(folder, name));
      byPath.set(real, name);
      for (const neighbour of namesIn(dirname(real))) {
        const path = realpathSync(join(dirname(real), neighbour));
        if (!byPath.has(path)) byPath.set(path, neighbour);
      }
    }
  }
  const found: Kubectl[] = [];
  const tooOld: string[] = [];
  for (const [path, name] of byPath) {
    const version = versionOf(path);
    const minor = Number(/^v1\.(\d+)\./.exec(version)?.[1] ?? 0);
    if (minor >= OLDEST_MINOR) found.push({ name, path, version, minor });
    else tooOld.push(`${name} is ${version}, and the first one that is a target is 1.${OLDEST_MINOR}`);
  }
  return { found: found.sort((left, right) => left.minor - right.minor || left.name.localeCompare(right.name)), tooOld };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => NAME.test(name));
  } catch {
    return [];
  }
}

function versionOf(path: string): string {
  try {
    const answer = execFileSync(path, ["version", "--client", "-o", "json"], {
      encoding: "utf8",
      env: { HOME: "/nonexistent" },
      stdio: "pipe",
    });
    return (JSON.parse(answer) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
  } catch {
    return "unknown";
  }
}
