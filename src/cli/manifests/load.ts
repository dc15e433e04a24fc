import { UserError, EXIT } from "../../lib/errors.ts";
import type { Context } from "../context.ts";
import { allKinds } from "../../policies/kinds.ts";
import { parseManifests } from "./parse.ts";
import { readSources } from "./read.ts";
import { formatProblem, type ManifestProblem } from "./source.ts";
import { type Manifest, validateManifests } from "./validate.ts";

/** So many problems are shown; the rest is counted. */
const MAX_SHOWN = 25;

/** Everything `-f` names, read, parsed and judged. Throws one UserError with every problem when there is any. */
export async function loadManifests(context: Context, files: readonly string[], recursive: boolean, outcome: string): Promise<Manifest[]> {
  if (files.length === 0) {
    throw new UserError("nothing to read", { exitCode: EXIT.USAGE, hint: "Name a file, a directory or - with -f." });
  }
  const sources = await readSources(files, { cwd: context.cwd, recursive, stdin: context.stdin as AsyncIterable<Buffer> });
  const parsed = sources.map(parseManifests);
  const { manifests, problems } = validateManifests(
    parsed.flatMap(({ documents }) => documents),
    allKinds(),
    { fallback: await context.namespace(), ...(context.globals.namespace === undefined ? {} : { required: context.globals.namespace }) },
  );
  const all = [...parsed.flatMap((part) => part.problems), ...problems];
  if (all.length > 0) throw refusal(all, outcome);
  if (manifests.length === 0) throw new UserError(`no objects in ${files.join(", ")}`);
  return manifests;
}

/** All problems as one error, in order of their place; `outcome` says what has not happened. */
export function refusal(problems: readonly ManifestProblem[], outcome: string): UserError {
  const ordered = [...problems].sort(
    (left, right) => compare(left.source, right.source) || (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
  );
  const lines = ordered.slice(0, MAX_SHOWN).map((problem) => `  ${formatProblem(problem)}`);
  if (ordered.length > MAX_SHOWN) lines.push(`  … and ${ordered.length - MAX_SHOWN} more`);
  const count = ordered.length === 1 ? "1 problem" : `${ordered.length} problems`;
  return new UserError(`${count}; ${outcome}:\n${lines.join("\n")}`);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
