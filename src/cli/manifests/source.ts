/** One text that holds manifests: a file, or stdin. */
export interface ManifestSource {
  /** As the user would name it; `-` for stdin. */
  readonly name: string;
  readonly text: string;
}

/** Something wrong in a manifest, with where a person finds it. Line and column count from 1. */
export interface ManifestProblem {
  readonly source: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

/** `file:line:column: message`, the form editors jump to. */
export function formatProblem(problem: ManifestProblem): string {
  const { source, line, column, message, hint } = problem;
  const where = [source, line, column].filter((part) => part !== undefined).join(":");
  return `${where}: ${message}${hint ? `\n    ${hint}` : ""}`;
}
