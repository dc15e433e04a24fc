import { INIT_CONTAINER, PROXY_CONTAINER, RECORD } from "../names.ts";
import { objectOf, objectsOf } from "../json.ts";
import { Documents } from "./documents.ts";
import { offsetOf } from "./locate.ts";
import { problemAt, type TextProblem, Uneditable } from "./problem.ts";
import { type ReadWorkload, readWorkloads } from "./read-workloads.ts";
import type { TextEdits, WorkloadOutcome } from "./result.ts";
import type { Splice } from "./splices.ts";
import { undoInjection } from "./undo.ts";

/** The text as it was before {@link injectText}, byte for byte where nobody has changed it since. Pure. */
export function uninjectText(text: string): TextEdits {
  const documents = new Documents(text);
  const splices: Splice[] = [];
  const workloads: WorkloadOutcome[] = [];
  const problems: TextProblem[] = [];
  for (const source of documents.read()) {
    if ("message" in source) {
      problems.push(source);
      continue;
    }
    try {
      for (const each of readWorkloads(source).workloads) {
        const { workload, record } = each;
        if (workload.kind === "Namespace") continue;
        const { line } = problemAt(documents.lines, offsetOf(workload.node, []), "");
        const common = { kind: workload.kind, name: workload.name, namespace: workload.namespace, line, warnings: [] };
        if (record === null) workloads.push({ ...common, outcome: "skipped", code: "not-injected", reason: whyNot(each) });
        else {
          splices.push(...undoInjection(text, workload.node, record));
          workloads.push({ ...common, outcome: "uninjected" });
        }
      }
    } catch (error) {
      if (error instanceof Uneditable) problems.push(problemAt(documents.lines, error.offset, error.message));
      else if (error instanceof RangeError) problems.push(problemAt(documents.lines, source.document.range[0], "nested too deeply"));
      else throw error;
    }
  }
  return { splices, workloads, problems };
}

function whyNot({ workload, pod }: ReadWorkload): string {
  if (!workload.known) return `${workload.kind} of ${workload.apiVersion || "no apiVersion"} is not one we know`;
  const spec = objectOf(pod.spec);
  const names = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)].map(({ name }) => name);
  const ours = names.includes(PROXY_CONTAINER) || names.includes(INIT_CONTAINER);
  return ours ? `has our containers but no annotation ${RECORD}: what to undo is not known` : "not injected";
}
