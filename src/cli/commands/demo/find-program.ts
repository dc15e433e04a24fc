import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Full path of a program on the PATH; null when it is not installed. */
export function findProgram(name: string, env: Readonly<Record<string, string | undefined>>): string | null {
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    if (directory === "") continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}
