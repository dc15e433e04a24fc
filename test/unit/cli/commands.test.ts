import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { OptionDefinition } from "../../../src/cli/command.ts";
import { COMMANDS, NOUNS } from "../../../src/cli/commands.ts";
import type { CommandEntry } from "../../../src/cli/entry.ts";
import { findCommand } from "../../../src/cli/find.ts";
import { GLOBAL_OPTIONS } from "../../../src/cli/globals.ts";
import { parseCommandLine } from "../../../src/cli/program.ts";
import { commandsPage } from "../../support/commands-page.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Words of a line as a shell gives them, as far as examples use shells: quotes, redirections, pipes. */
function shellWords(line: string): string[] {
  const [own = ""] = line.replace(/^.*?meshctl /, "").split(/ (?:[|<>]|\|\||2>) ?| \|\| |\)$/);
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? "");
}

describe("every command", () => {
  for (const entry of COMMANDS) {
    const name = entry.words.join(" ");
    it(`${name}: its examples parse, its file is where its words say`, async () => {
      assert.ok(existsSync(join(root, `src/cli/commands/${entry.words.join("/")}.ts`)));
      assert.match(entry.summary, /^[^A-Z].*[^.]$/, "a summary is no sentence");
      if (entry.words.length > 1) assert.ok(NOUNS[entry.words[0] ?? ""]);
      const { command } = await entry.load();
      assert.match(command.description, /\.$/);
      assert.ok(command.examples.length > 0, "every command has examples");
      for (const { line } of command.examples) {
        const words = shellWords(line);
        assert.equal(findCommand(COMMANDS, words), entry, line);
        let said = "";
        const writer = { write: (text: string) => (said += text) };
        assert.equal(parseCommandLine(words, { entry, command }, writer, writer).kind, "run", `${line}\n${said}`);
      }
    });
  }
});

/** Test sources as plain words, paragraph by paragraph: a call `["get", "svc", "-o", "wide"]` reads as a command line. */
function testWords(): string[] {
  return readdirSync(join(root, "test"), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts") && !name.startsWith("unit/cli/commands"))
    .flatMap((name) => readFileSync(join(root, "test", name), "utf8").split("\n\n"))
    .map((paragraph) => paragraph.replaceAll(/["'`,[\]()\s]+/g, " "));
}

function spellings({ flags }: OptionDefinition): string[] {
  return flags.split(/[ ,]+/).filter((part) => part.startsWith("-"));
}

test("every option of every command is used by a test", async () => {
  const pieces = testWords();
  const unused: string[] = [];
  for (const entry of COMMANDS) {
    const { command } = await entry.load();
    const own = pieces.filter((piece) => names(entry).some((name) => new RegExp(`(^|[\\s.])${name}\\s`).test(piece)));
    for (const option of command.options ?? []) {
      const used = spellings(option).some((flag) => own.some((piece) => new RegExp(`\\s${flag}([\\s=]|$)`).test(piece)));
      if (!used) unused.push(`${entry.words.join(" ")} ${option.flags}`);
    }
  }
  for (const option of GLOBAL_OPTIONS) {
    if (!spellings(option).some((flag) => pieces.some((piece) => new RegExp(`\\s${flag}([\\s=]|$)`).test(piece))))
      unused.push(option.flags);
  }
  assert.deepEqual(unused, []);
});

function names({ words, aliases = [] }: CommandEntry): string[] {
  return [words.join(" "), ...aliases];
}

test("docs/commands.md is what the definitions make", async () => {
  assert.equal(
    readFileSync(join(root, "docs/commands.md"), "utf8"),
    await commandsPage(),
    "run: node --import tsx scripts/gen-command-docs.ts",
  );
});
