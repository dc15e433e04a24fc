import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import type { JsonObject } from "../json.ts";
import { emitBlock, emitFlow, emitFlowEntries, emitItem } from "./emit.ts";
import { aboveComments, indentAt, itemStart, lineEnd, lineStart, ownPair, pairEnd, pairStart } from "./positions.ts";
import { Uneditable } from "./problem.ts";
import type { Splice } from "./splices.ts";

/**
 * New keys and items stand before something that is there: then what they added ends where that begins, and can be taken
 * out again whatever the text ends with.
 */
export function insertKeys(text: string, map: YAMLMap, entries: JsonObject, before: string | undefined): Splice {
  const wanted = before === undefined ? undefined : ownPair(map, before);
  const index = wanted === undefined ? 0 : map.items.indexOf(wanted);
  const start = pairStart(map.items[index] as Pair);
  if (map.flow === true) return insertAt(start, `${emitFlowEntries(entries)},${separator(text, start)}`);
  const above = map.items[index - 1];
  return insertLines(text, start, emitBlock(entries), above === undefined ? null : lineEnd(text, pairEnd(above, text)));
}

/** `key` is where the list's own key ends. */
export function insertItems(text: string, list: YAMLSeq, items: readonly JsonObject[], key: number | null): Splice {
  const start = itemStart(list, 0);
  if (list.flow === true) return insertAt(start, `${items.map((item) => emitFlow(item)).join(", ")},${separator(text, start)}`);
  return insertLines(text, start, items.flatMap(emitItem), key === null ? null : lineEnd(text, key));
}

/** Whole lines where what follows begins its line, above its comments (but not above `bound`); else between it and what it follows. */
function insertLines(text: string, start: number, lines: readonly string[], bound: number | null): Splice {
  const lineBreak = lineBreakAt(text, start);
  const indent = indentAt(text, start);
  if (indent !== null) {
    const pad = " ".repeat(indent);
    const at = bound === null ? lineStart(text, start) : aboveComments(text, start, bound);
    return insertAt(at, lines.map((line) => `${pad}${line}${lineBreak}`).join(""));
  }
  const prefix = text.slice(lineStart(text, start), start);
  // What is no ASCII may be wider or narrower for other readers than for us.
  if (!/^[ -~]*$/.test(prefix))
    throw new Uneditable(start, "a tab or another wide character stands before it: put it on a line of its own");
  const pad = `${lineBreak}${" ".repeat(prefix.length)}`;
  return insertAt(start, `${lines.join(pad)}${pad}`);
}

function insertAt(at: number, inserted: string): Splice {
  return { start: at, end: at, text: inserted };
}

/** What separates entries of a flow collection: the line break and blanks before this one, or a blank. */
function separator(text: string, start: number): string {
  let from = start;
  while (from > 0 && /[ \t\r\n]/.test(text[from - 1] ?? "")) from -= 1;
  const gap = text.slice(from, start);
  return gap.includes("\n") ? gap : " ";
}

/** As lines end around `offset`. */
function lineBreakAt(text: string, offset: number): string {
  const next = text.indexOf("\n", offset);
  const end = next < 0 ? text.lastIndexOf("\n") : next;
  return end > 0 && text[end - 1] === "\r" ? "\r\n" : "\n";
}
