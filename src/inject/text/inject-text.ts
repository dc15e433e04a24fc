import { isDeepStrictEqual } from "node:util";
import type { LineCounter } from "yaml";
import { applyEdits, changeAt } from "../apply-edits.ts";
import { injectPod } from "../inject-pod.ts";
import { type Json, type JsonObject, objectOf } from "../json.ts";
import { RECORD } from "../names.ts";
import type { InjectValues } from "../values.ts";
import { TEMPLATES } from "../workload-kinds.ts";
import { Documents, type SourceDocument } from "./documents.ts";
import { locateViolation, offsetOf, workloadName } from "./locate.ts";
import type { NamespaceFacts } from "./namespaces.ts";
import { EditPlan, type PlannedWorkload } from "./plan-edits.ts";
import { problemAt, type TextProblem, Uneditable } from "./problem.ts";
import { type ReadDocument, type ReadWorkload, readWorkloads } from "./read-workloads.ts";
import type { TextEdits, WorkloadOutcome } from "./result.ts";
import { applySplices, type Splice } from "./splices.ts";
import { undoInjection } from "./undo.ts";

export interface InjectTextOptions {
  readonly values: InjectValues;
  /** Of workloads that name none; empty when not known. */
  readonly namespace: string;
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
}

/** Every workload of a YAML or JSON text with its sidecar. Pure; never throws for what the text says. */
export function injectText(text: string, options: InjectTextOptions): TextEdits {
  const documents = new Documents(text);
  const found = new Found();
  for (const source of documents.read()) {
    if ("message" in source) found.problems.push(source);
    else found.guard(documents.lines, source, () => new Injection(documents, source, options, found).run());
  }
  return found;
}

class Found implements TextEdits {
  readonly splices: Splice[] = [];
  readonly workloads: WorkloadOutcome[] = [];
  readonly problems: TextProblem[] = [];

  guard(lines: LineCounter, source: SourceDocument, edit: () => void): void {
    try {
      edit();
    } catch (error) {
      // Aliases may nest deeper than the text does.
      if (error instanceof RangeError) this.problems.push(problemAt(lines, source.document.range[0], "nested too deeply"));
      else if (error instanceof Uneditable) this.problems.push(problemAt(lines, error.offset, error.message));
      else throw error;
    }
  }
}

/** One document. */
class Injection {
  readonly #documents: Documents;
  readonly #source: SourceDocument;
  readonly #options: InjectTextOptions;
  readonly #found: Found;

  constructor(documents: Documents, source: SourceDocument, options: InjectTextOptions, found: Found) {
    this.#documents = documents;
    this.#source = source;
    this.#options = options;
    this.#found = found;
  }

  run(): void {
    const read = readWorkloads(this.#source);
    if (read.workloads.some(({ record }) => record !== null)) this.#again(read);
    else this.#first(read);
  }

  /** Nothing of the document was injected before. */
  #first(read: ReadDocument): void {
    const planned: PlannedWorkload[] = [];
    for (const each of read.workloads) {
      if (each.workload.kind === "Namespace") continue;
      const plan = this.#decide(each);
      if (plan !== null) planned.push(plan);
    }
    if (planned.length === 0) return;
    const { text } = this.#documents;
    const { aliases, unusual } = this.#source.survey;
    const splices = new EditPlan(text, read.root, aliases, read.reader).splices(planned);
    if (unusual) this.#verify(read, planned, splices);
    this.#found.splices.push(...splices);
  }

  #decide({ workload, pod }: ReadWorkload): PlannedWorkload | null {
    const { lines } = this.#documents;
    const { values, namespace: fallback, namespaces } = this.#options;
    const namespace = workload.namespace || fallback;
    const common = { kind: workload.kind, name: workload.name, namespace, line: problemAt(lines, offsetOf(workload.node, []), "").line };
    if (!workload.known) {
      const expected = TEMPLATES[workload.kind]?.apiVersion ?? "";
      const reason = `${workload.kind} of ${workload.apiVersion === "" ? "no apiVersion" : workload.apiVersion} is not one we know (${expected} is)`;
      this.#found.workloads.push({ ...common, outcome: "skipped", code: "unknown-version", reason, warnings: [] });
      return null;
    }
    const namespaceOpt = namespaces.get(namespace)?.opt ?? null;
    const decision = injectPod(pod, { workload: workloadName(workload), namespace, namespaceOpt }, values);
    if (decision.outcome === "refuse") {
      this.#found.problems.push(...decision.violations.map((violation) => locateViolation(lines, workload, violation)));
      return null;
    }
    if (decision.outcome === "skip") {
      this.#found.workloads.push({ ...common, outcome: "skipped", ...decision.skip, warnings: [] });
      return null;
    }
    const warnings = decision.warnings.map((warning) => locateViolation(lines, workload, warning));
    this.#found.workloads.push({ ...common, outcome: "injected", warnings });
    return { workload, pod, edits: decision.edits };
  }

  /** Something of it was: that is undone, and all done anew; where nothing differs then, nothing is changed. */
  #again(read: ReadDocument): void {
    const { text } = this.#documents;
    const [start, , end] = this.#source.document.range;
    const before = text.slice(start, end);
    const undone = applySplices(
      before,
      read.workloads.flatMap(({ workload, record }) =>
        record === null
          ? []
          : undoInjection(text, workload.node, record).map((splice) => ({
              ...splice,
              start: splice.start - start,
              end: splice.end - start,
            })),
      ),
    );
    const result = injectText(undone, this.#options);
    this.#found.problems.push(...result.problems.map((problem) => this.#moved(problem, start)));
    if (result.problems.length > 0) return;
    const after = applySplices(undone, result.splices);
    const [was, is] = [before, after].map((each) => plainWorkloads(each));
    const workloads = read.workloads.filter(({ workload }) => workload.kind !== "Namespace");
    let changed = false;
    for (const [index, outcome] of result.workloads.entries()) {
      const line = this.#moved({ line: outcome.line, column: 1, message: "" }, start).line;
      const injectedBefore = workloads[index]?.record != null;
      const same = isDeepStrictEqual(was?.[index], is?.[index]);
      changed ||= !same;
      const warnings = outcome.warnings.map((warning) => this.#moved(warning, start));
      if (outcome.outcome !== "injected" || !injectedBefore) this.#found.workloads.push({ ...outcome, line, warnings });
      else this.#found.workloads.push({ ...outcome, line, warnings, ...(same ? ALREADY : { outcome: "reinjected" }) });
    }
    if (changed) this.#found.splices.push({ start, end, text: after });
  }

  /** A place in a document of its own, as one in the whole text. */
  #moved(problem: TextProblem, start: number): TextProblem {
    const { line, col } = this.#documents.lines.linePos(start);
    return {
      ...problem,
      line: problem.line + Math.max(1, line) - 1,
      column: problem.line === 1 ? problem.column + Math.max(1, col) - 1 : problem.column,
    };
  }

  /** Anchors and merges reach far: the result is read again, and must say what was meant, and nothing else. */
  #verify(read: ReadDocument, planned: readonly PlannedWorkload[], splices: readonly Splice[]): void {
    const [start, , end] = this.#source.document.range;
    const moved = splices.map((splice) => ({ ...splice, start: splice.start - start, end: splice.end - start }));
    const result = applySplices(this.#documents.text.slice(start, end), moved);
    const expected = planned.reduce<Json>(
      (value, { workload, pod, edits }) => changeAt(value, [...workload.at, ...workload.template], () => applyEdits(pod, edits)),
      read.reader.read(read.root),
    );
    const [again] = [...new Documents(result).read()];
    const value = again === undefined || "message" in again ? null : readWorkloads(again);
    if (value !== null && isDeepStrictEqual(withoutRecords(value.reader.read(value.root)), withoutRecords(expected))) return;
    throw new Uneditable(start, "anchors, aliases or merge keys that cannot be edited in place: write them out");
  }
}

const ALREADY = { outcome: "unchanged", code: "injected", reason: "already injected, and nothing has changed" } as const;

function plainWorkloads(text: string): Json[] {
  const [source] = [...new Documents(text).read()];
  if (source === undefined || "message" in source) return [];
  const { workloads, reader } = readWorkloads(source);
  return workloads.filter(({ workload }) => workload.kind !== "Namespace").map(({ workload }) => reader.read(workload.node));
}

/** The record is made of the text, which the values do not know. */
function withoutRecords(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutRecords);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(objectOf(value) as JsonObject).map(
    ([key, each]) => [key, key === RECORD ? "" : withoutRecords(each)] as const,
  );
  return Object.fromEntries(entries);
}
