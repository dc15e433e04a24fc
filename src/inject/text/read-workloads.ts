import type { Node } from "yaml";
import { valueAt } from "../apply-edits.ts";
import { type JsonObject, objectOf } from "../json.ts";
import { RECORD } from "../names.ts";
import { type InjectionRecord, parseRecord } from "../record.ts";
import type { SourceDocument } from "./documents.ts";
import { PlainReader } from "./plain.ts";
import { Uneditable } from "./problem.ts";
import { findWorkloads, type FoundWorkload } from "./workloads.ts";

/** A workload with the values that decide about it. */
export interface ReadWorkload {
  readonly workload: FoundWorkload;
  /** Pod or pod template; empty for one that is no object. */
  readonly pod: JsonObject;
  /** What an earlier injection left; null when it was not injected. */
  readonly record: InjectionRecord | null;
}

export interface ReadDocument {
  readonly root: Node;
  readonly reader: PlainReader;
  readonly workloads: readonly ReadWorkload[];
}

/** Throws {@link Uneditable}. */
export function readWorkloads({ document, survey }: SourceDocument): ReadDocument {
  const root = document.contents as Node;
  const reader = new PlainReader(survey.aliases);
  const workloads = findWorkloads(root, reader, survey.aliases).map((workload): ReadWorkload => {
    if (!workload.known || workload.kind === "Namespace") return { workload, pod: {}, record: null };
    const pod = objectOf(valueAt(reader.read(workload.node), workload.template));
    return { workload, pod, record: recordOf(workload, pod) };
  });
  return { root, reader, workloads };
}

function recordOf(workload: FoundWorkload, pod: JsonObject): InjectionRecord | null {
  const text = objectOf(objectOf(pod.metadata).annotations)[RECORD];
  if (text === undefined) return null;
  const record = typeof text === "string" ? parseRecord(text) : null;
  if (record === null)
    throw new Uneditable(workload.node.range?.[0] ?? 0, `annotation ${RECORD} is not one that this version of meshctl has written`);
  return record;
}
