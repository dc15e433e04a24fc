import { type Alias, isMap, isSeq, type Node } from "yaml";
import { applyEdits, changeAt, valueAt } from "../apply-edits.ts";
import type { PodEdit } from "../edits.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { RECORD } from "../names.ts";
import { formatRecord, type RecordedChange, type RecordPath } from "../record.ts";
import { emitFlow } from "./emit.ts";
import { type Followed, follow } from "./follow.ts";
import { insertItems, insertKeys } from "./insertions.ts";
import type { PlainReader } from "./plain.ts";
import { afterColon, isUnwritten, lineStart, nodeEnd, ownPair, pairEnd, pairStart } from "./positions.ts";
import { Uneditable } from "./problem.ts";
import type { Splice } from "./splices.ts";
import type { FoundWorkload } from "./workloads.ts";

type Path = readonly (string | number)[];

/** A workload and what is to change of its pod. */
export interface PlannedWorkload {
  readonly workload: FoundWorkload;
  /** The pod (template) before any edit. */
  readonly pod: JsonObject;
  readonly edits: readonly PodEdit[];
}

/** A splice whose text needs the record, which is known only when all splices are. */
interface Draft {
  readonly start: number;
  readonly end: number;
  readonly make: (fill: (value: Json) => Json) => Splice;
}

/** The edits of one document's workloads as splices into its text. Throws {@link Uneditable}. */
export class EditPlan {
  readonly #text: string;
  readonly #root: Node;
  readonly #aliases: ReadonlyMap<Alias, Node>;
  readonly #reader: PlainReader;
  /** Nodes that are written differently afterwards: whoever stands for one of them elsewhere must not change with it. */
  readonly #touched = new Set<Node>();
  readonly #replaced = new Set<Alias>();
  readonly #drafts = new Map<PlannedWorkload, { readonly drafts: Draft[]; readonly changes: RecordedChange[] }>();

  constructor(text: string, root: Node, aliases: ReadonlyMap<Alias, Node>, reader: PlainReader) {
    this.#text = text;
    this.#root = root;
    this.#aliases = aliases;
    this.#reader = reader;
  }

  splices(workloads: readonly PlannedWorkload[]): Splice[] {
    for (const planned of workloads) {
      this.#drafts.set(planned, { drafts: [], changes: [] });
      for (const edit of planned.edits) this.#plan(planned, edit);
    }
    for (const [alias, target] of this.#aliases) this.#keepAlias(alias, target, workloads);
    return workloads.flatMap((planned) => this.#finish(planned));
  }

  #finish(planned: PlannedWorkload): Splice[] {
    const { drafts, changes } = this.#draftsOf(planned);
    const record = formatRecord(changes);
    return drafts.map(({ make }) => make((value) => withRecord(value, record)));
  }

  #draftsOf(planned: PlannedWorkload): { readonly drafts: Draft[]; readonly changes: RecordedChange[] } {
    const found = this.#drafts.get(planned);
    if (found === undefined) throw new Error("a workload that was not planned");
    return found;
  }

  #plan(planned: PlannedWorkload, edit: PodEdit): void {
    const { workload } = planned;
    const path = [...workload.at, ...workload.template, ...edit.path];
    const place = follow(this.#root, path);
    if (place.kind === "missing") throw new Uneditable(startOf(workload.node), "cannot be edited in place: write it in plain block style");
    for (const node of place.through) this.#touched.add(node);
    if (place.kind === "alias") return this.#writeOut(planned, place.alias, path.slice(0, place.depth));
    if (place.kind === "merged") return this.#override(planned, place, path);
    switch (edit.op) {
      case "add-keys":
        return this.#addKeys(planned, place, path, edit.entries, edit.before);
      case "insert-items":
        return this.#insertItems(planned, place, path, edit.items);
      case "replace-value":
        return this.#replaceValue(planned, place, path, edit.value);
      case "replace-pair":
        return this.#replacePair(planned, place, path, edit);
    }
  }

  #addKeys(
    planned: PlannedWorkload,
    place: Followed & { kind: "written" },
    path: Path,
    entries: JsonObject,
    before: string | undefined,
  ): void {
    const map = place.node;
    if (!isMap(map)) throw new Uneditable(startOf(map), "is no mapping");
    const start = pairStart(map.items[0] as never);
    this.#add(planned, { start, end: start, make: (fill) => insertKeys(this.#text, map, fill(entries) as JsonObject, before) });
    for (const key of Object.keys(entries)) this.#record(planned, ["add", this.#recordPath(planned, [...path, key])]);
  }

  #insertItems(planned: PlannedWorkload, place: Followed & { kind: "written" }, path: Path, items: readonly JsonObject[]): void {
    const list = place.node;
    if (!isSeq(list)) throw new Uneditable(startOf(list), "is no list");
    const splice = insertItems(this.#text, list, items, place.pair === undefined ? null : afterColon(place.pair));
    this.#add(planned, { ...splice, make: () => splice });
    for (const { name } of items) this.#record(planned, ["item", this.#recordPath(planned, path), String(name)]);
  }

  #replaceValue(planned: PlannedWorkload, place: Followed & { kind: "written" }, path: Path, value: Json): void {
    const { pair, node } = place;
    const text = (fill: (value: Json) => Json): string => emitFlow(fill(value));
    if (pair !== undefined && isUnwritten(pair)) {
      const at = afterColon(pair);
      if (at === null) throw new Uneditable(pairStart(pair), "has no colon");
      this.#add(planned, { start: at, end: at, make: (fill) => ({ start: at, end: at, text: ` ${text(fill)}` }) });
      return this.#record(planned, ["value", this.#recordPath(planned, path), ""]);
    }
    if (node === null) throw new Uneditable(startOf(planned.workload.node), "has an item that is not written");
    const [start, end] = [startOf(node), nodeEnd(node, this.#text)];
    this.#add(planned, { start, end, make: (fill) => ({ start, end, text: text(fill) }) });
    this.#record(planned, ["value", this.#recordPath(planned, path), this.#text.slice(start, end)]);
  }

  #replacePair(planned: PlannedWorkload, place: Followed & { kind: "written" }, path: Path, edit: PodEdit & { op: "replace-pair" }): void {
    const map = place.node;
    const pair = isMap(map) ? ownPair(map, edit.key) : undefined;
    if (!isMap(map) || pair === undefined) throw new Uneditable(startOf(map), `${edit.key} comes from a merge (<<): write it out`);
    const [start, end] = [pairStart(pair), pairEnd(pair, this.#text)];
    const key = map.flow === true ? JSON.stringify(edit.newKey) : edit.newKey;
    const text = `${key}: ${emitFlow(edit.value)}`;
    this.#add(planned, { start, end, make: () => ({ start, end, text }) });
    const column = start - lineStart(this.#text, start);
    this.#record(planned, ["pair", this.#recordPath(planned, [...path, edit.newKey]), this.#text.slice(start, end), column]);
  }

  /** What an alias stands for is written in its place, with all edits beneath it. */
  #writeOut(planned: PlannedWorkload, alias: Alias, path: Path): void {
    if (this.#replaced.has(alias)) return;
    const { workload, pod, edits } = planned;
    if (path.length < workload.at.length)
      throw new Uneditable(startOf(alias), "a list of objects that is an alias cannot be edited: write it out");
    this.#replaced.add(alias);
    const toPod = [...workload.at, ...workload.template];
    const value =
      path.length <= toPod.length
        ? changeAt(this.#reader.read(alias), toPod.slice(path.length), () => applyEdits(pod, edits))
        : editedValueAt(planned, path.slice(toPod.length));
    this.#replaceAlias(planned, alias, path, value);
  }

  #replaceAlias(planned: PlannedWorkload, alias: Alias, path: Path, value: Json): void {
    const [start, end] = [startOf(alias), nodeEnd(alias, this.#text)];
    this.#add(planned, { start, end, make: (fill) => ({ start, end, text: emitFlow(fill(value)) }) });
    this.#record(planned, ["value", this.#recordPath(planned, path), this.#text.slice(start, end)]);
  }

  /** A key of one's own hides the merged one. */
  #override(planned: PlannedWorkload, { map, depth }: Followed & { kind: "merged" }, path: Path): void {
    const key = String(path[depth]);
    const toPod = planned.workload.at.length + planned.workload.template.length;
    const { drafts } = this.#draftsOf(planned);
    if (depth < toPod) throw new Uneditable(startOf(map), `${key} comes from a merge (<<): write it out`);
    const value = editedValueAt(planned, path.slice(toPod, depth + 1));
    const start = pairStart(map.items[0] as never);
    const recorded: RecordedChange = ["add", this.#recordPath(planned, path.slice(0, depth + 1))];
    const { changes } = this.#draftsOf(planned);
    // Several edits beneath the same key: it is written once.
    if (changes.some((change) => JSON.stringify(change) === JSON.stringify(recorded))) return;
    drafts.push({ start, end: start, make: (fill) => insertKeys(this.#text, map, fill({ [key]: value }) as JsonObject, undefined) });
    changes.push(recorded);
  }

  /** An alias of something that is edited elsewhere keeps its meaning: what it stood for is written in its place. */
  #keepAlias(alias: Alias, target: Node, workloads: readonly PlannedWorkload[]): void {
    const at = startOf(alias);
    const drafts = workloads.flatMap((planned) => this.#draftsOf(planned).drafts);
    const isCovered = (offset: number): boolean => drafts.some(({ start, end }) => start <= offset && offset < end);
    if (this.#replaced.has(alias) || isCovered(at)) return;
    if (!this.#touched.has(target) && !isCovered(startOf(target))) return;
    for (const planned of workloads) {
      const path = pathTo(planned.workload.node, alias);
      if (path === null) continue;
      this.#replaced.add(alias);
      return this.#replaceAlias(planned, alias, [...planned.workload.at, ...path], this.#reader.read(target));
    }
    throw new Uneditable(at, `*${alias.source} stands for something that injection changes: write it out`);
  }

  #add(planned: PlannedWorkload, draft: Draft): void {
    this.#draftsOf(planned).drafts.push(draft);
  }

  #record(planned: PlannedWorkload, change: RecordedChange): void {
    this.#draftsOf(planned).changes.push(change);
  }

  /** From the workload down, with items of the pod's lists by name. */
  #recordPath({ workload, pod }: PlannedWorkload, path: Path): RecordPath {
    const own = path.slice(workload.at.length);
    return own.map((step, index) => {
      const list = own[index - 1];
      if (typeof step !== "number" || (list !== "containers" && list !== "initContainers" && list !== "volumes")) return step;
      const item = valueAt(pod, own.slice(workload.template.length, index + 1));
      return isObject(item) && typeof item.name === "string" ? `[${item.name}]` : step;
    });
  }
}

/** What the edits make of the value at `path`, which counts items as they were before. */
function editedValueAt({ pod, edits }: PlannedWorkload, path: Path): Json {
  const moves = ({ op, path: list }: PodEdit): boolean =>
    op === "insert-items" && list.length < path.length && list.every((step, index) => step === path[index]);
  const still = edits.filter((edit) => !moves(edit));
  return valueAt(applyEdits(pod, still), path) ?? null;
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

/** Steps from `node` down to `wanted`, not through aliases; null when it is not there. */
function pathTo(node: Node | null, wanted: Node): (string | number)[] | null {
  if (node === wanted) return [];
  const entries: (readonly [string | number, Node | null])[] = isMap(node)
    ? node.items.map((pair) => [String((pair.key as { value?: unknown } | null)?.value), pair.value as Node | null])
    : isSeq(node)
      ? node.items.map((item, index) => [index, item as Node | null])
      : [];
  for (const [step, child] of entries) {
    const found = pathTo(child, wanted);
    if (found !== null) return [step, ...found];
  }
  return null;
}

/** The value with the record in its place, wherever the annotation stands in it: no list is on the way to it. */
function withRecord(value: Json, record: string): Json {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === RECORD && each === "" ? record : withRecord(each, record)]),
  );
}
