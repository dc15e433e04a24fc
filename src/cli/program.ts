import { CommanderError, Help, Command as Program } from "commander";
import { EXIT } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import type { Command, OptionDefinition } from "./command.ts";
import { COMMANDS, NOUNS } from "./commands.ts";
import { COMMAND_GROUPS, type CommandEntry } from "./entry.ts";
import { GLOBAL_OPTIONS, type GlobalValues } from "./globals.ts";
import type { Writer } from "./invocation.ts";
import { toCommanderOption } from "./options/commander.ts";

/** A command line understood: what to run, with what. */
export interface Parsed {
  readonly globals: GlobalValues;
  readonly options: Record<string, unknown>;
  readonly args: readonly unknown[];
}

/** With something to run, or with everything said (help, usage errors) and an exit code. */
export type ParseResult = { readonly kind: "run"; readonly parsed: Parsed } | { readonly kind: "done"; readonly exitCode: number };

/** The one command whose definition is loaded; all others stand in help pages by their summary. */
export interface Loaded {
  readonly entry: CommandEntry;
  readonly command: Command<never>;
}

/** Parses `argv` with commander. Throws the UserErrors of option values. */
export function parseCommandLine(argv: readonly string[], loaded: Loaded | null, stdout: Writer, stderr: Writer): ParseResult {
  const found: { parsed: Parsed | null } = { parsed: null };
  const program = newProgram("meshctl", stdout, stderr)
    .description("A service mesh: mutual TLS, traffic splits, faults and live taps for services that know nothing of it.")
    .usage("COMMAND [options]")
    .version(VERSION, "--version", "print the version")
    .showHelpAfterError("  See `meshctl --help`.")
    .addHelpText("after", "\nRun 'meshctl COMMAND --help' for the options and examples of one command.");
  addGlobals(program, false);
  const nouns = new Map<string, Program>();

  for (const group of [...COMMAND_GROUPS, undefined]) {
    for (const entry of COMMANDS) {
      const [noun = "", verb] = entry.words;
      if ((verb === undefined ? entry.group : NOUNS[noun]?.group) !== group) continue;
      const parent = verb === undefined ? program : nounProgram(program, nouns, noun, stdout, stderr);
      const leaf = newProgram(verb ?? noun, stdout, stderr)
        .summary(entry.summary)
        .aliases([...(entry.aliases ?? [])]);
      if (verb === undefined && group !== undefined) leaf.helpGroup(`${group}:`);
      if (loaded?.entry === entry) define(leaf, loaded, found);
      parent.addCommand(leaf, { hidden: group === undefined });
    }
  }

  if (argv.length === 0) {
    program.outputHelp();
    return { kind: "done", exitCode: EXIT.OK };
  }
  try {
    program.parse(spelledOut(argv, loaded?.command.options ?? []), { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return { kind: "done", exitCode: error.exitCode === 0 ? EXIT.OK : EXIT.USAGE };
    throw error;
  }
  if (found.parsed === null) return { kind: "done", exitCode: EXIT.USAGE };
  const globals = { ...globalsOf(program), ...globalsOf(nouns.get(loaded?.entry.words[0] ?? "")), ...found.parsed.globals };
  return { kind: "run", parsed: { ...found.parsed, globals } };
}

/** `--dry-run x` as `--dry-run=server x`: commander would take the next word for the value. */
function spelledOut(argv: readonly string[], options: readonly OptionDefinition[]): string[] {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv.length : end;
  const bare = new Map(
    options.flatMap(({ flags, bare: value }) => (value === undefined ? [] : [[flags.split(" ", 1)[0], value] as const])),
  );
  return argv.map((word, index) => (index < own && bare.has(word) ? `${word}=${bare.get(word)}` : word));
}

function newProgram(name: string, stdout: Writer, stderr: Writer): Program {
  return new Program(name)
    .exitOverride()
    .enablePositionalOptions()
    .helpCommand(false)
    .helpOption("-h, --help", "show this page")
    .configureHelp({
      showGlobalOptions: false,
      subcommandTerm: (command) => [command.name(), ...command.aliases()].join("|"),
      formatHelp: (command, helper) => commandsFirst(Help.prototype.formatHelp.call(helper, command, helper)),
      helpWidth: Math.min(stdout.columns ?? 100, 120),
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "Error: ")),
    });
}

/** Whoever asks for help looks for a command first; the options that all of them take come after. */
function commandsFirst(page: string): string {
  const sections = page.trimEnd().split("\n\n");
  const isAboutOptions = (section: string): boolean => /^(Options|Global options):\n/.test(section);
  return `${[...sections.filter((section) => !isAboutOptions(section)), ...sections.filter(isAboutOptions)].join("\n\n")}\n`;
}

function nounProgram(program: Program, nouns: Map<string, Program>, noun: string, stdout: Writer, stderr: Writer): Program {
  const known = nouns.get(noun);
  if (known) return known;
  const created = newProgram(noun, stdout, stderr).usage("COMMAND [options]").showHelpAfterError(`  See \`meshctl ${noun} --help\`.`);
  const about = NOUNS[noun];
  if (about)
    created
      .summary(about.summary)
      .description(`${about.summary.charAt(0).toUpperCase()}${about.summary.slice(1)}.`)
      .helpGroup(`${about.group}:`);
  addGlobals(created, true);
  program.addCommand(created);
  nouns.set(noun, created);
  return created;
}

function define(leaf: Program, { entry, command }: Loaded, found: { parsed: Parsed | null }): void {
  leaf.description(command.description);
  for (const argument of command.arguments ?? []) leaf.argument(argument.syntax, argument.description);
  for (const option of command.options ?? []) leaf.addOption(toCommanderOption(option).helpGroup("Options:"));
  addGlobals(leaf, false);
  const examples = command.examples.map(({ line, text }) => `  # ${text}\n  ${line}`).join("\n\n");
  if (examples !== "") leaf.addHelpText("after", `\nExamples:\n${examples}`);
  leaf.showHelpAfterError(`  See \`meshctl ${entry.words.join(" ")} --help\`.`);
  leaf.action(() => {
    found.parsed = { globals: globalsOf(leaf), options: optionsOf(leaf, command.options ?? []), args: leaf.processedArgs };
  });
}

function addGlobals(program: Program, hidden: boolean): void {
  for (const option of GLOBAL_OPTIONS) program.addOption(toCommanderOption(option).helpGroup("Global options:").hideHelp(hidden));
}

function globalsOf(program: Program | undefined): GlobalValues {
  return program === undefined ? {} : (optionsOf(program, GLOBAL_OPTIONS, "cli") as GlobalValues);
}

/** Values of `definitions` only; with `source`, only those that came from there. */
function optionsOf(program: Program, definitions: readonly OptionDefinition[], source?: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const definition of definitions) {
    const name = toCommanderOption(definition).attributeName();
    const value: unknown = program.getOptionValue(name);
    if (value !== undefined && (source === undefined || program.getOptionValueSource(name) === source)) values[name] = value;
  }
  return values;
}
