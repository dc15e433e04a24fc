import { podSecurityWarning, type NamespaceFacts } from "../../inject/text/namespaces.ts";
import type { TextProblem } from "../../inject/text/problem.ts";
import type { WorkloadOutcome } from "../../inject/text/result.ts";
import { formatProblem, type ManifestProblem } from "../manifests/source.ts";
import type { Style } from "../output/style.ts";

/** A workload and the file it stands in. */
export interface ReportedWorkload extends WorkloadOutcome {
  readonly file: string;
}

export interface Report {
  readonly workloads: readonly ReportedWorkload[];
  readonly problems: readonly ManifestProblem[];
  /** Of namespaces whose pods were injected. */
  readonly namespaceWarnings: readonly string[];
}

export function inFile(file: string, problem: TextProblem): ManifestProblem {
  return { source: file, ...problem };
}

/** Namespaces in which injected pods of these workloads would be refused. */
export function namespaceWarnings(workloads: readonly WorkloadOutcome[], namespaces: ReadonlyMap<string, NamespaceFacts>): string[] {
  const injected = new Set(workloads.filter(({ outcome }) => outcome !== "skipped").map(({ namespace }) => namespace));
  return [...injected].flatMap((name) => {
    const facts = namespaces.get(name);
    const warning = facts === undefined ? null : podSecurityWarning(name, facts);
    return warning === null ? [] : [warning];
  });
}

/** One line a workload, its warnings beneath, and the count. */
export function reportLines({ workloads, namespaceWarnings: namespaces }: Report, style: Style, suffix: string): string[] {
  const lines = workloads.flatMap(({ kind, name, namespace, outcome, reason, warnings, file }) => {
    const who = `${kind.toLowerCase()}/${name === "" ? "(no name)" : name}${namespace === "" ? "" : ` in ${namespace}`}`;
    const paint = outcome === "skipped" ? style.warn : outcome === "unchanged" ? style.dim : style.good;
    const why = reason === undefined ? "" : `: ${reason}`;
    return [
      `${who} ${paint(outcome)}${why}${suffix}`,
      ...warnings.map((warning) => style.warn(`Warning: ${formatProblem(inFile(file, warning))}`)),
    ];
  });
  return [...lines, ...namespaces.map((warning) => style.warn(`Warning: ${warning}`)), countLine(workloads)];
}

function countLine(workloads: readonly WorkloadOutcome[]): string {
  const counts = Object.entries(countOutcomes(workloads));
  return counts.length === 0 ? "no workloads found" : counts.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
}

export function countOutcomes(workloads: readonly WorkloadOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of workloads) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** The same for programs. */
export function reportJson(report: Report): unknown {
  return {
    workloads: report.workloads.map(({ file, line, kind, namespace, name, outcome, code, reason, warnings }) => ({
      file,
      line,
      kind,
      namespace,
      name,
      outcome,
      ...(code === undefined ? {} : { code, reason }),
      warnings: warnings.map(({ message, hint, ...place }) => ({ ...place, message, ...(hint === undefined ? {} : { hint }) })),
    })),
    namespaceWarnings: report.namespaceWarnings,
    problems: report.problems,
    counts: countOutcomes(report.workloads),
  };
}
