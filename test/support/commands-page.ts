import type { Command, OptionDefinition } from "../../src/cli/command.ts";
import { COMMANDS, NOUNS } from "../../src/cli/commands.ts";
import { COMMAND_GROUPS, type CommandEntry } from "../../src/cli/entry.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/globals.ts";

/** docs/commands.md as the definitions make it. */
export async function commandsPage(): Promise<string> {
  const sections: string[] = [];
  for (const group of COMMAND_GROUPS) {
    const entries = COMMANDS.filter(
      (entry) => (entry.words.length > 1 ? NOUNS[entry.words[0] ?? ""]?.group : entry.group) === group && entry.group,
    );
    if (entries.length === 0) continue;
    sections.push(`## ${group}`);
    for (const entry of entries) sections.push(describeCommand(entry, (await entry.load()).command));
  }
  return `# Commands

\`meshctl COMMAND --help\` shows the same on a terminal. Every command also takes these, before or after its words:

${optionTable(GLOBAL_OPTIONS)}

Exit codes: 0 all is well; 1 the thing asked about is not (a check failed, something does not exist, a file was refused, there
are differences); 2 the command line is wrong; 3 the controller cannot be reached; 4 refused for safety, or somebody else has
changed it; 70 a fault of meshctl itself; 130 cut short by Ctrl-C. \`run\` ends with the code of what it ran.

Data goes to stdout, everything said about it to stderr. Colours appear on terminals only, and never with \`NO_COLOR\`.

${sections.join("\n\n")}

This page is made from the definitions in \`src/cli/commands\` (\`scripts/gen-command-docs.ts\`); a test compares the two.
`;
}

function describeCommand({ words, aliases = [] }: CommandEntry, command: Command<never>): string {
  const name = `meshctl ${words.join(" ")}`;
  const usage = [
    name,
    ...((command.options ?? []).length > 0 ? ["[options]"] : []),
    ...(command.arguments ?? []).map(({ syntax }) => syntax),
  ];
  const parts = [`### ${name}`, command.description, `\`\`\`\n${usage.join(" ")}\n\`\`\``];
  if (aliases.length > 0) parts.push(`Also: ${aliases.map((alias) => `\`meshctl ${alias}\``).join(", ")}`);
  if (command.arguments?.length) {
    const rows = command.arguments.map(({ syntax, description }) => `| \`${cell(syntax)}\` | ${cell(description)} |`);
    parts.push(`| argument | |\n| --- | --- |\n${rows.join("\n")}`);
  }
  if (command.options?.length) parts.push(optionTable(command.options));
  const examples = command.examples.map(({ line, text }) => `# ${text}\n${line}`);
  parts.push(`\`\`\`sh\n${examples.join("\n\n")}\n\`\`\``);
  return parts.join("\n\n");
}

function optionTable(options: readonly OptionDefinition[]): string {
  const rows = options.map((option) => `| \`${cell(option.flags)}\` | ${cell(option.description)}${extras(option)} |`);
  return `| option | |\n| --- | --- |\n${rows.join("\n")}`;
}

function extras({ choices, default: fallback, required }: OptionDefinition): string {
  const parts = [
    ...(required ? ["required"] : []),
    ...(choices ? [`one of ${choices.join(", ")}`] : []),
    ...(fallback === undefined ? [] : [`default ${String(fallback)}`]),
  ];
  return parts.length === 0 ? "" : ` (${cell(parts.join("; "))})`;
}

/** A bar inside a table cell ends it, even in a code span (GitHub Flavored Markdown 4.10). */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
