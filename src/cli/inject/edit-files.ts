import { resolve } from "node:path";
import { EXIT, UserError } from "../../lib/errors.ts";
import type { NamespaceFacts } from "../../inject/text/namespaces.ts";
import type { TextEdits } from "../../inject/text/result.ts";
import { applySplices, type Splice } from "../../inject/text/splices.ts";
import type { Context } from "../context.ts";
import { refusal } from "../manifests/refusal.ts";
import type { ManifestSource } from "../manifests/source.ts";
import { createStyle, type Style } from "../output/style.ts";
import { formatJson } from "../output/structured.ts";
import { readFiles } from "./files.ts";
import { replaceFiles } from "./replace-files.ts";
import { inFile, namespaceWarnings, type Report, reportJson, reportLines } from "./report.ts";
import { spliceDiff } from "./splice-diff.ts";

/** Options that `inject` and `uninject` share. */
export interface EditOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly dryRun?: boolean;
  readonly inPlace?: boolean;
  readonly failOnSkip?: boolean;
  readonly output: "text" | "json";
}

interface EditedFile {
  readonly source: ManifestSource;
  readonly splices: readonly Splice[];
}

const NOTHING_WRITTEN = "nothing was written";

/** Edits what the words name; all or nothing. `namespacesOf` reads what must be known of all files before the first is edited. */
export async function editFiles(
  context: Context,
  options: EditOptions,
  names: readonly string[],
  edit: (text: string, namespaces: ReadonlyMap<string, NamespaceFacts>) => TextEdits,
  namespacesOf: (text: string) => ReadonlyMap<string, NamespaceFacts>,
): Promise<number> {
  checkOptions(options, names);
  const sources = await readFiles(context, names, options.recursive ?? false);
  const namespaces = new Map(sources.flatMap(({ text }) => [...namespacesOf(text)]));
  const edited: EditedFile[] = [];
  const workloads: Report["workloads"][number][] = [];
  const problems: Report["problems"][number][] = [];
  for (const source of sources) {
    const found = edit(source.text, namespaces);
    edited.push({ source, splices: found.splices });
    for (const workload of found.workloads) workloads.push({ ...workload, file: source.name });
    for (const problem of found.problems) problems.push(inFile(source.name, problem));
  }
  const report: Report = { workloads, problems, namespaceWarnings: namespaceWarnings(workloads, namespaces) };
  const manifestsOnStdout = !options.dryRun && !options.inPlace;
  if (options.output === "json") {
    const text = formatJson(reportJson(report));
    if (manifestsOnStdout) context.say(text);
    else context.print(text);
    if (problems.length > 0) return EXIT.NOT_FINE;
  } else if (problems.length > 0) throw refusal(problems, NOTHING_WRITTEN);
  else for (const line of reportLines(report, createStyle(context.colour.stderr), options.dryRun ? " (dry run)" : "")) context.say(line);
  const skipped = workloads.filter(({ outcome }) => outcome === "skipped").length;
  if (options.failOnSkip && skipped > 0) {
    if (options.output === "text") context.say(`Error: ${skipped} skipped, and --fail-on-skip; ${NOTHING_WRITTEN}`);
    return EXIT.NOT_FINE;
  }
  await write(context, options, edited);
  return EXIT.OK;
}

function checkOptions(options: EditOptions, names: readonly string[]): void {
  const usage = (message: string, hint: string): UserError => new UserError(message, { exitCode: EXIT.USAGE, hint });
  if (options.inPlace && options.dryRun) throw usage("--in-place and --dry-run cannot go together", "Look first, then write.");
  if (options.inPlace && names.includes("-"))
    throw usage("stdin cannot be written in place", "Leave --in-place out: the result goes to stdout.");
}

async function write(context: Context, options: EditOptions, edited: readonly EditedFile[]): Promise<void> {
  if (options.inPlace) {
    const changed = edited.filter(({ splices }) => splices.length > 0);
    await replaceFiles(
      changed.map(({ source: { name, text }, splices }) => ({
        name,
        path: resolve(context.cwd, name),
        before: text,
        after: applySplices(text, splices),
      })),
    );
  } else if (options.dryRun) {
    if (options.output === "text") printDiffs(context, edited, createStyle(context.colour.stdout));
  } else context.stdout.write(joinTexts(edited.map(({ source, splices }) => applySplices(source.text, splices))));
}

function printDiffs(context: Context, edited: readonly EditedFile[], style: Style): void {
  for (const { source, splices } of edited) {
    if (splices.length === 0) continue;
    const name = source.name === "-" ? "stdin" : source.name;
    context.print(style.strong(`--- ${name}`));
    context.print(style.strong(`+++ ${name}`));
    for (const line of spliceDiff(source.text, splices)) {
      context.print(
        line.startsWith("@@")
          ? style.accent(line)
          : line.startsWith("+")
            ? style.good(line)
            : line.startsWith("-")
              ? style.bad(line)
              : line,
      );
    }
  }
}

/** Several files as one stream of documents; one file as it is. */
function joinTexts(texts: readonly string[]): string {
  return texts
    .map((text, index) => {
      if (index === 0) return text;
      const own = text.replace(/^\ufeff/, "");
      const before = texts[index - 1] ?? "";
      const lineBreak = before === "" || before.endsWith("\n") ? "" : "\n";
      return `${lineBreak}${/^(---|%)/.test(own) ? "" : "---\n"}${own}`;
    })
    .join("");
}
