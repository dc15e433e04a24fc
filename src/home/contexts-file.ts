import { readFileSync } from "node:fs";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { messageOf, UserError } from "../lib/errors.ts";
import { type ContextsFile, formatContexts, NO_CONTEXTS, parseContexts } from "./contexts.ts";
import type { HomeLayout } from "./layout.ts";

/** Contexts of this state directory; none when the file is not there. Throws {@link UserError} when it cannot be read. */
export function readContexts(layout: HomeLayout): ContextsFile {
  let text: string;
  try {
    text = readFileSync(layout.configFile, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return NO_CONTEXTS;
    throw new UserError(`${layout.configFile} cannot be read: ${messageOf(error)}`, { hint: "Mend its owner and mode (0600)." });
  }
  return parseContexts(text, layout.configFile);
}

export async function writeContexts(layout: HomeLayout, contexts: ContextsFile): Promise<void> {
  await writeFileAtomic(layout.configFile, formatContexts(contexts), 0o600);
}
