import type { KubeObject } from "../../model/object.ts";
import { formatProblem, type ManifestProblem } from "../manifests/source.ts";
import { formatYaml } from "../output/structured.ts";
import { withoutManagedFields } from "../resources/print.ts";

const HEAD = [
  "Change what you like, then save and leave. Lines that begin with '#' are not read; an empty file changes nothing.",
  "If something is wrong, the file comes up again with the reason.",
];

/** The objects as documents of one file, with `problems` of the last attempt on top. */
export function textToEdit(objects: readonly KubeObject[]): string {
  return objects.map((object) => formatYaml(withoutManagedFields(object))).join("\n---\n");
}

/** The file: what to do, what was wrong the last time, and the text. Line numbers of problems are those of the file they were found in. */
export function withHead(text: string, problems: readonly ManifestProblem[]): string {
  const wrong = problems.flatMap((problem) => formatProblem({ ...problem, source: "line" }).split("\n"));
  const lines = wrong.length === 0 ? HEAD : [...HEAD, "", "This was wrong (lines counted without these comments):", ...wrong];
  return `${lines.map((line) => `# ${line}`.trimEnd()).join("\n")}\n${text}\n`;
}

/** The text without the comments on top. */
export function withoutHead(file: string): string {
  return file.replace(/^(?:#.*\n)+/, "").trim();
}
