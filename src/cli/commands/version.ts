import { API, type ServerVersion } from "../../api/contract.ts";
import { EXIT, UserError, messageOf } from "../../lib/errors.ts";
import { VERSION } from "../../lib/version.ts";
import { clientLine } from "../client-line.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";

interface VersionOptions {
  readonly client?: boolean;
  readonly output: "text" | "json" | "yaml";
}

export const command = defineCommand<VersionOptions>({
  description: "Prints the versions of this program and of the controller. Exit code 3 when the controller does not answer.",
  options: [
    { flags: "--client", description: "only this program's version: asks nobody" },
    { flags: "-o, --output <format>", description: "how to print it", choices: ["text", "json", "yaml"], default: "text" },
  ],
  examples: [
    { line: "meshctl version --client", text: "The version of this program" },
    { line: "meshctl version -o json", text: "Both, for scripts" },
  ],
  run,
});

async function run(context: Context, options: VersionOptions): Promise<number> {
  const client = { version: VERSION, node: context.nodeVersion };
  let server: ServerVersion | null = null;
  let problem: unknown;
  if (!options.client) {
    try {
      server = await (await context.client()).request<ServerVersion>("GET", API.VERSION);
    } catch (error) {
      problem = error;
    }
  }
  const both = { client, ...(server === null ? {} : { controller: server }) };
  if (options.output !== "text") {
    // Loaded here: the plain answer has to come at once, and the YAML library takes its time.
    const { formatJson, formatYaml } = await import("../output/structured.ts");
    context.print(options.output === "json" ? formatJson(both) : formatYaml(both));
  } else {
    context.print(clientLine());
    if (server !== null) context.print(`controller: ${server.version}`);
  }
  if (problem === undefined) return EXIT.OK;
  throw new UserError(`the controller's version is not known: ${messageOf(problem)}`, {
    hint: problem instanceof UserError ? problem.hint : undefined,
    exitCode: EXIT.UNREACHABLE,
    cause: problem,
  });
}
