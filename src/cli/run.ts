import { EXIT } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { COMMANDS } from "./commands.ts";
import { createContext } from "./context.ts";
import { findCommand } from "./find.ts";
import { Interrupts } from "./interrupts.ts";
import type { Invocation } from "./invocation.ts";

/** Runs one command line and resolves with its exit code (design section 12). Never rejects. */
export async function run(invocation: Invocation): Promise<number> {
  const argv = helpAsOption(invocation.argv);
  // What scripts and prompts ask most often needs no parser.
  if (argv.length === 1 && argv[0] === "--version") {
    invocation.stdout.write(`${VERSION}\n`);
    return EXIT.OK;
  }
  const interrupts = new Interrupts(invocation.onSignal);
  try {
    return await Promise.race([interrupts.cutShort, execute(invocation, argv, interrupts)]);
  } catch (error) {
    const { reportProblem } = await import("./problem.ts");
    return reportProblem(error, invocation);
  } finally {
    interrupts.close();
  }
}

async function execute(invocation: Invocation, argv: readonly string[], interrupts: Interrupts): Promise<number> {
  const entry = findCommand(COMMANDS, argv);
  const [{ parseCommandLine }, module] = await Promise.all([import("./program.ts"), entry?.load()]);
  const loaded = entry && module ? { entry, command: module.command } : null;
  const result = parseCommandLine(argv, loaded, invocation.stdout, invocation.stderr);
  if (result.kind === "done" || loaded === null) return result.kind === "done" ? result.exitCode : EXIT.USAGE;
  const context = createContext(invocation, result.parsed.globals, interrupts);
  try {
    return (await loaded.command.run(context, result.parsed.options as never, ...(result.parsed.args as never[]))) ?? EXIT.OK;
  } finally {
    await context.close();
  }
}

/** `help route split` is `route split --help`. */
function helpAsOption(argv: readonly string[]): readonly string[] {
  return argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
}
