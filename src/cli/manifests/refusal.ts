import { UserError } from "../../lib/errors.ts";
import { formatProblem, type ManifestProblem } from "./source.ts";

/** So many problems are shown; the rest is counted. */
const MAX_SHOWN = 25;

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
