import { isCollection, isPair, isScalar, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";

/** Where things stand in a text: offsets of nodes, without the blanks and comments around them. */

type Token = { readonly type: string; readonly offset: number; readonly source: string };

/** First character of a pair: its key, or the `?`, anchor or tag before it. */
export function pairStart(pair: Pair): number {
  return firstSolid(pair.srcToken?.start as readonly Token[] | undefined) ?? (pair.key as Node).range?.[0] ?? 0;
}

/** First character of an item of a list: its dash in block style. */
export function itemStart(list: YAMLSeq, index: number): number {
  const token = list.srcToken as { readonly items?: readonly { readonly start: readonly Token[] }[] } | undefined;
  return firstSolid(token?.items?.[index]?.start) ?? (list.items[index] as Node).range?.[0] ?? 0;
}

function firstSolid(tokens: readonly Token[] | undefined): number | null {
  return tokens?.find(isSolid)?.offset ?? null;
}

function isSolid({ type }: Token): boolean {
  return type !== "space" && type !== "newline" && type !== "comment" && type !== "comma";
}

/** Nothing is written where the value would be: `key:`. */
export function isUnwritten(pair: Pair): boolean {
  const value = pair.value as Node | null;
  return value === null || (isScalar(value) && value.range !== null && value.range !== undefined && value.range[0] === value.range[1]);
}

/** Behind the colon, and behind an anchor or tag that follows it; null where there is no colon. */
export function afterColon(pair: Pair): number | null {
  const solid = (pair.srcToken?.sep as readonly Token[] | undefined)?.filter(isSolid) ?? [];
  const last = solid.at(-1);
  return last === undefined ? null : last.offset + last.source.length;
}

/** End of what a pair says: of its value, or of its colon. */
export function pairEnd(pair: Pair, text: string): number {
  if (!isUnwritten(pair)) return nodeEnd(pair.value as Node, text);
  return afterColon(pair) ?? (pair.key as Node).range?.[1] ?? 0;
}

/** Behind the last character of a node that is no blank, line break or comment. */
export function nodeEnd(node: Node, text: string): number {
  const last: unknown = isCollection(node) && node.flow !== true ? node.items.at(-1) : undefined;
  if (isPair(last)) return pairEnd(last, text);
  if (last !== undefined && last !== null) return itemEnd(node as YAMLSeq, last as Node, text);
  let end = node.range?.[1] ?? 0;
  const start = node.range?.[0] ?? 0;
  while (end > start && /\s/.test(text[end - 1] ?? "")) end -= 1;
  return end;
}

/** An item may be written as nothing but its dash. */
function itemEnd(list: YAMLSeq, item: Node, text: string): number {
  const start = itemStart(list, list.items.indexOf(item));
  return Math.max(nodeEnd(item, text), start + 1);
}

/** Start of the line; a byte-order mark is no part of it. */
export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : start;
}

/** Behind the line break that ends the line; the end of the text where there is none. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** Blanks before `offset` on its line and nothing else: their number; null when something else stands there. */
export function indentAt(text: string, offset: number): number | null {
  const start = lineStart(text, offset);
  return /^ *$/.test(text.slice(start, offset)) ? offset - start : null;
}

/**
 * The start of the comment lines that stand directly above `offset` and belong to what follows, not reaching above `bound`;
 * the start of its own line when there are none.
 */
export function aboveComments(text: string, offset: number, bound: number): number {
  let start = lineStart(text, offset);
  while (start > bound) {
    const previous = lineStart(text, start - 1);
    if (previous < bound || previous >= start || !/^[ \t]*#/.test(text.slice(previous, start))) break;
    start = previous;
  }
  return start;
}

/** The pair whose key is written in the mapping itself. */
export function ownPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}
