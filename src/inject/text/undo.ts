import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import type { Json } from "../json.ts";
import type { InjectionRecord, RecordedChange, RecordPath } from "../record.ts";
import { emitFlow } from "./emit.ts";
import { PlainReader } from "./plain.ts";
import { afterColon, indentAt, isUnwritten, itemStart, lineEnd, lineStart, nodeEnd, ownPair, pairEnd, pairStart } from "./positions.ts";
import type { Splice } from "./splices.ts";

/**
 * Takes out of a workload what its record says was added and puts back what was replaced. What somebody has removed since
 * is passed over.
 */
export function undoInjection(text: string, workload: Node, record: InjectionRecord): Splice[] {
  return record.changes.flatMap((change) => {
    const splice = undo(text, workload, change);
    return splice === null ? [] : [splice];
  });
}

function undo(text: string, workload: Node, change: RecordedChange): Splice | null {
  const [op, path] = change;
  switch (op) {
    case "add": {
      const map = nodeAt(workload, path.slice(0, -1));
      return isMap(map) ? withoutPair(text, map as YAMLMap, String(path.at(-1))) : null;
    }
    case "item": {
      const list = nodeAt(workload, path);
      return isSeq(list) ? withoutItem(text, list as YAMLSeq, change[2]) : null;
    }
    case "value":
      return restoreValue(text, workload, path, change[2]);
    case "pair":
      return restorePair(text, workload, path, change[2], change[3]);
  }
}

function withoutPair(text: string, map: YAMLMap, key: string): Splice | null {
  const pair = ownPair(map, key);
  if (pair === undefined) return null;
  const index = map.items.indexOf(pair);
  const [previous, next] = [map.items[index - 1], map.items[index + 1]];
  return without(text, map.flow === true, pairStart(pair), pairEnd(pair, text), {
    previousEnd: previous === undefined ? null : pairEnd(previous, text),
    nextStart: next === undefined ? null : pairStart(next),
  });
}

function withoutItem(text: string, list: YAMLSeq, name: string): Splice | null {
  const index = indexOfName(list, name);
  if (index < 0) return null;
  const start = itemStart(list, index);
  const previous = list.items[index - 1] as Node | undefined;
  return without(text, list.flow === true, start, Math.max(start + 1, nodeEnd(list.items[index] as Node, text)), {
    previousEnd: previous === undefined ? null : nodeEnd(previous, text),
    nextStart: index + 1 < list.items.length ? itemStart(list, index + 1) : null,
  });
}

interface Neighbours {
  readonly previousEnd: number | null;
  readonly nextStart: number | null;
}

/** Its whole lines where it has them to itself; else up to what follows. */
function without(text: string, flow: boolean, start: number, end: number, { previousEnd, nextStart }: Neighbours): Splice {
  if (!flow && indentAt(text, start) !== null) return { start: lineStart(text, start), end: lineEnd(text, end), text: "" };
  if (nextStart !== null) return { start, end: nextStart, text: "" };
  return { start: previousEnd ?? start, end, text: "" };
}

function restoreValue(text: string, workload: Node, path: RecordPath, original: string): Splice | null {
  const holder = nodeAt(workload, path.slice(0, -1));
  const step = path.at(-1);
  if (step === undefined) return replaceNode(text, workload, original);
  if (isMap(holder)) {
    const pair = ownPair(holder as YAMLMap, String(step));
    if (pair === undefined || isUnwritten(pair)) return null;
    const colon = afterColon(pair);
    if (original === "" && colon !== null) return { start: colon, end: pairEnd(pair, text), text: "" };
    return replaceNode(text, pair.value as Node, original);
  }
  const item = isSeq(holder) ? itemAt(holder as YAMLSeq, step) : null;
  return item === null ? null : replaceNode(text, item, original);
}

function replaceNode(text: string, node: Node, original: string): Splice {
  return { start: node.range?.[0] ?? 0, end: nodeEnd(node, text), text: original };
}

function restorePair(text: string, workload: Node, path: RecordPath, original: string, column: number): Splice | null {
  const map = nodeAt(workload, path.slice(0, -1));
  const pair = isMap(map) ? ownPair(map as YAMLMap, String(path.at(-1))) : undefined;
  if (pair === undefined) return null;
  const start = pairStart(pair);
  const asItWas = !original.includes("\n") || start - lineStart(text, start) === column;
  return { start, end: pairEnd(pair, text), text: asItWas ? original : onOneLine(original, column) };
}

/** Lines that were indented for another column, as one line that stands anywhere. */
function onOneLine(original: string, column: number): string {
  const document = parseDocument(`${" ".repeat(column)}${original}\n`, {
    version: "1.2",
    uniqueKeys: false,
    merge: true,
    logLevel: "silent",
  });
  const contents = document.contents as Node | null;
  const [pair] = isMap(contents) ? (contents.items as Pair[]) : [];
  if (document.errors.length > 0 || pair === undefined) return original;
  const value: Json = new PlainReader(new Map()).read(pair.value as Node | null);
  return `${String((pair.key as { value?: unknown }).value)}: ${emitFlow(value)}`;
}

function nodeAt(from: Node, path: RecordPath): Node | null {
  let node: Node | null = from;
  for (const step of path) {
    if (isMap(node)) node = (ownPair(node as YAMLMap, String(step))?.value ?? null) as Node | null;
    else node = isSeq(node) ? itemAt(node as YAMLSeq, step) : null;
    if (node === null) return null;
  }
  return node;
}

function itemAt(list: YAMLSeq, step: string | number): Node | null {
  const index = typeof step === "number" ? step : indexOfName(list, step.slice(1, -1));
  return (list.items[index] ?? null) as Node | null;
}

function indexOfName(list: YAMLSeq, name: string): number {
  return list.items.findIndex((item) => {
    const value = isMap(item) ? ownPair(item as YAMLMap, "name")?.value : undefined;
    return isScalar(value) && value.value === name;
  });
}
