import { spawn } from "node:child_process";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { Context } from "../context.ts";

/** The editor that a person has chosen: KUBE_EDITOR, VISUAL, EDITOR, else vi on a terminal. A line of shell: it may have arguments. */
export function editorOf({ env, stdin }: Pick<Context, "env" | "stdin">): string {
  const chosen = [env.KUBE_EDITOR, env.VISUAL, env.EDITOR].find((value) => value !== undefined && value.trim() !== "");
  if (chosen !== undefined) return chosen;
  if (stdin.isTTY) return "vi";
  throw new UserError("there is no terminal to edit on", {
    exitCode: EXIT.USAGE,
    hint: "Set EDITOR to a program that changes the file it is given.",
  });
}

/** Opens `path` in the editor and resolves when it has ended. Rejects with a UserError when it failed. */
export function openEditor(context: Context, editor: string, path: string): Promise<void> {
  // Ctrl-C belongs to the editor.
  const giveBack = context.interrupts.forwardTo(() => {});
  return new Promise<void>((resolve, reject) => {
    const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" });
    child.once("error", (error) => reject(new UserError(`the editor "${editor}" does not start: ${error.message}`, { cause: error })));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new UserError(`the editor "${editor}" ended with ${signal ?? `exit code ${code}`}`));
    });
  }).finally(giveBack);
}
