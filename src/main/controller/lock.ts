import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HomeLayout } from "../../home/layout.ts";
import { EXIT, UserError } from "../../lib/errors.ts";
import { CONTROLLER_PROCESS } from "../../local/controller/status.ts";
import { isAliveAs } from "../../local/process.ts";

/** One controller for each state directory: two would write the same store. Throws {@link UserError} that names the other one. */
export function lockHome(layout: HomeLayout, pid: number): () => void {
  const path = join(layout.local, "controller.lock");
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(path, `${pid}\n`, { flag: "wx", mode: 0o600 });
      return () => {
        if (holderOf(path) === pid) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = holderOf(path);
    if (holder !== null && holder !== pid && isAliveAs(holder, CONTROLLER_PROCESS)) {
      throw new UserError(`a controller (process ${holder}) already runs on ${layout.root}`, {
        hint: "`meshctl local status` shows it; `meshctl local stop` ends it. Another MESHCTL_HOME makes a second mesh.",
        exitCode: EXIT.REFUSED,
      });
    }
    // Left by one that was killed.
    rmSync(path, { force: true });
  }
  throw new UserError(`${path} cannot be taken`, { hint: "Another controller starts at this very moment; try again." });
}

function holderOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
