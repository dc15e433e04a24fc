import { defineCommand } from "../command.ts";
import { SCRIPTS, SHELLS, type Shell } from "../completion/scripts.ts";
import type { Context } from "../context.ts";
import { EXIT, UserError } from "../../lib/errors.ts";

export const command = defineCommand<object>({
  description: "Prints a completion script. It completes commands, options, kinds, and the names of what lives in the mesh.",
  arguments: [{ syntax: "<shell>", description: "bash, zsh or fish", completes: SHELLS }],
  examples: [
    { line: "source <(meshctl completion bash)", text: "bash, in this shell" },
    { line: "source <(meshctl completion zsh)", text: "zsh, in this shell" },
    { line: "meshctl completion fish | source", text: "fish, in this shell" },
  ],
  run,
});

async function run(context: Context, _options: object, shell: string): Promise<void> {
  if (!isShell(shell))
    throw new UserError(`there is no completion for "${shell}"`, { hint: `There is: ${SHELLS.join(", ")}.`, exitCode: EXIT.USAGE });
  context.print(SCRIPTS[shell]);
}

function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text);
}
