import { EXIT } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { clientLine } from "./client-line.ts";
import { COMMANDS } from "./commands.ts";
import { createContext } from "./context.ts";
import { findCommand } from "./find.ts";
import { Interrupts } from "./interrupts.ts";
import type { Invocation } from "./invocation.ts";

/** Runs one command line and resolves with its exit code (design section 12). Never rejects. */
export async function run(invocation: Invocation): Promise<number> {
  const argv = helpAsOption(invocation.argv);
  const answer = quickAnswer(argv);
  if (answer !== null) {
    invocation.stdout.write(`${answer}\n`);
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

/** What scripts and prompts ask most often needs no parser: the version of this program. */
function quickAnswer(argv: readonly string[]): string | null {
  if (argv.length === 1 && argv[0] === "--version") return VERSION;
  return argv.length === 2 && argv[0] === "version" && argv[1] === "--client" ? clientLine() : null;
}

/** `help route split` is `route split --help`. */
function helpAsOption(argv: readonly string[]): readonly string[] {
  return argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
}
