import { chmodSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { databaseFileProblem } from "../../controller/apiserver/store/file-check.ts";
import type { HomeLayout } from "../../home/layout.ts";
import { EXIT, messageOf, UserError } from "../../lib/errors.ts";
import { CONTROLLER_PROCESS } from "../../local/controller/status.ts";
import { isAliveAs } from "../../local/process.ts";

const HOLDER = "holder";

/**
 * One controller for each state directory: two would write the same store. Throws {@link UserError} that names
 * the other one. Who holds it stands in a database of one entry: its transactions exclude each other across
 * processes and end with a killed one, so that of many that find a dead holder exactly one takes over, which
 * files alone do not give without a moment in which two believe it.
 */
export function lockHome(layout: HomeLayout, pid: number): () => Promise<void> {
  const path = join(layout.local, "controller.lock");
  const database = openDatabase(path);
  const holder = database.transactionSync(() => {
    const known = database.get(HOLDER);
    // Our own number in it is an earlier process's: containers count from 1 again.
    if (known !== undefined && known !== pid && isAliveAs(known, CONTROLLER_PROCESS)) return known;
    void database.put(HOLDER, pid);
    return pid;
  });
  if (holder === pid) {
    return async () => {
      await database.remove(HOLDER);
      await database.close();
    };
  }
  void database.close();
  throw new UserError(`a controller (process ${holder}) already runs on ${layout.root}`, {
    hint: "`meshctl local status` shows it; `meshctl local stop` ends it. Another MESHCTL_HOME makes a second mesh.",
    exitCode: EXIT.REFUSED,
  });
}

function openDatabase(path: string): RootDatabase<number, string> {
  try {
    const problem = databaseFileProblem(path);
    if (problem !== null) throw new Error(problem);
    const database = open<number, string>({ path, noSubdir: true, encoding: "json" });
    for (const file of [path, `${path}-lock`]) chmodSync(file, 0o600);
    return database;
  } catch (error) {
    throw new UserError(`${path} cannot be opened: ${messageOf(error)}`, {
      hint: "It only says which controller runs: remove it when none does.",
      exitCode: EXIT.NOT_FINE,
      cause: error,
    });
  }
}
