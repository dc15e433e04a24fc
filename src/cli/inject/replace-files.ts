import { realpathSync, statSync } from "node:fs";
import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, UserError } from "../../lib/errors.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

export interface Replacement {
  /** As the user named it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

interface Staged extends Replacement {
  readonly target: string;
  readonly staged: string;
  readonly mode: number;
}

/**
 * Gives every file its new text, or none: all are written beside their targets first, then renamed one by one; when one
 * cannot be, those before it get their old text back. A crash leaves each file whole, old or new. Throws a UserError.
 */
export async function replaceFiles(files: readonly Replacement[]): Promise<void> {
  const staged: Staged[] = [];
  const done: Staged[] = [];
  try {
    for (const file of files) staged.push(await stage(file));
    for (const file of staged) {
      await rename(file.staged, file.target);
      done.push(file);
    }
  } catch (error) {
    for (const file of staged.slice(done.length)) await unlink(file.staged).catch(() => {});
    const lost: string[] = [];
    for (const file of done) await writeFileAtomic(file.target, file.before, file.mode).catch(() => lost.push(file.name));
    if (error instanceof UserError && lost.length === 0) throw error;
    const state = lost.length === 0 ? "nothing was written" : `${lost.join(", ")} keep the new text, the rest is as it was`;
    throw new UserError(
      `${staged[done.length]?.name ?? files[staged.length]?.name ?? "a file"} cannot be written: ${messageOf(error)}; ${state}`,
      { cause: error },
    );
  }
}

/** Behind a link stands the file that is meant: the link stays one. */
async function stage(file: Replacement): Promise<Staged> {
  const target = realpathSync(file.path);
  const mode = statSync(target).mode & 0o7777;
  if ((await readFile(target)).compare(Buffer.from(file.before)) !== 0) {
    throw new UserError(`${file.name} was changed by somebody else just now; nothing was written`);
  }
  const staged = join(dirname(target), `.${basename(target)}.${process.pid}.meshctl.tmp`);
  try {
    await writeFile(staged, file.after, { mode, flag: "wx", flush: true });
  } catch (error) {
    throw new UserError(`${file.name} cannot be written: ${messageOf(error)}; nothing was written`, { cause: error });
  }
  return { ...file, target, staged, mode };
}
