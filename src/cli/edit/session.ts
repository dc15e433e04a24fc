import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import type { Context } from "../context.ts";
import type { ManifestProblem } from "../manifests/source.ts";
import { formatProblem } from "../manifests/source.ts";
import { openEditor } from "./editor.ts";
import { withHead, withoutHead } from "./text.ts";

/** What becomes of an edited text: it is done, or this is wrong with it. */
export type Judge<T> = (text: string) => Promise<{ readonly done: T } | { readonly problems: readonly ManifestProblem[] }>;

/**
 * Lets a person edit `original` until `judge` takes it. Null when nothing was changed. A text that is wrong comes up again with the
 * reasons; left as it is then, it is kept in a file and the problems are the error.
 */
export async function editUntilTaken<T>(context: Context, editor: string, original: string, judge: Judge<T>): Promise<T | null> {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-edit-"));
  const path = join(directory, "edit.yaml");
  let text = original;
  let problems: readonly ManifestProblem[] = [];
  let keep = false;
  try {
    for (;;) {
      writeFileSync(path, withHead(text, problems), { mode: 0o600 });
      await openEditor(context, editor, path);
      const edited = withoutHead(readFileSync(path, "utf8"));
      if (edited === "" || edited === original.trim()) return null;
      if (edited === text.trim() && problems.length > 0) throw stillWrong(problems);
      text = edited;
      const judged = await judge(edited);
      if ("done" in judged) return judged.done;
      problems = judged.problems;
    }
  } catch (error) {
    keep = text.trim() !== original.trim();
    if (!keep || !(error instanceof UserError)) throw error;
    const hint = [error.hint, `Your text is kept in ${path}.`].filter((line) => line !== undefined).join("\n");
    throw new UserError(error.message, { exitCode: error.exitCode, hint, cause: error });
  } finally {
    if (!keep) rmSync(directory, { recursive: true });
  }
}

function stillWrong(problems: readonly ManifestProblem[]): UserError {
  return new UserError(
    `the text is still wrong; nothing was changed:\n${problems.map((problem) => `  ${formatProblem(problem)}`).join("\n")}`,
  );
}
