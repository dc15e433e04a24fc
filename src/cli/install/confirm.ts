import { EXIT } from "../../lib/errors.ts";
import type { OptionDefinition } from "../command.ts";
import type { Context } from "../context.ts";

export const YES: OptionDefinition = Object.freeze({ flags: "-y, --yes", description: "do not ask" });

/** Null when the work may go on: the person said yes, or nobody can be asked. Else the exit code. */
export async function declined(context: Context, yes: boolean | undefined, question: string): Promise<number | null> {
  if (yes || context.openPrompt === null) return null;
  const agreed = await (await context.openPrompt()).confirm(question);
  if (agreed) return null;
  context.say("Nothing was changed.");
  return agreed === null ? EXIT.INTERRUPTED : EXIT.NOT_FINE;
}
