import { VERSION } from "../../lib/version.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";

interface VersionOptions {
  readonly client?: boolean;
}

export const command = defineCommand<VersionOptions>({
  description: "Prints the versions.",
  options: [{ flags: "--client", description: "only this program's version: asks nobody" }],
  examples: [{ line: "meshctl version --client", text: "The version of this program" }],
  run,
});

async function run(context: Context): Promise<void> {
  context.print(`client: ${VERSION}`);
}
