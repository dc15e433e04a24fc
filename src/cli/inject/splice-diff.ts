import { applySplices, inOrder, type Splice } from "../../inject/text/splices.ts";

/** Lines of context around a change, as `diff -u` has. */
const CONTEXT = 3;

interface Change {
  /** Lines from and to (excluded), from 0, of the text before. */
  readonly from: number;
  readonly to: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** `diff -u` of a text and what splices make of it, without its two heading lines: no search for what is the same. */
export function spliceDiff(text: string, splices: readonly Splice[]): string[] {
  const starts = lineStarts(text);
  const lines = splitLines(text);
  const changes = changesOf(text, inOrder(splices), starts);
  const out: string[] = [];
  let grown = 0;
  for (let index = 0; index < changes.length; ) {
    let last = index;
    while (last + 1 < changes.length && (changes[last + 1] as Change).from - (changes[last] as Change).to <= CONTEXT * 2) last += 1;
    const hunk = changes.slice(index, last + 1);
    const from = Math.max(0, (hunk[0] as Change).from - CONTEXT);
    const to = Math.min(lines.length, (hunk.at(-1) as Change).to + CONTEXT);
    const body: string[] = [];
    let at = from;
    for (const change of hunk) {
      body.push(...lines.slice(at, change.from).map((line) => ` ${line}`));
      body.push(...change.removed.map((line) => `-${line}`), ...change.added.map((line) => `+${line}`));
      at = change.to;
    }
    body.push(...lines.slice(at, to).map((line) => ` ${line}`));
    const more = hunk.reduce((sum, change) => sum + change.added.length - change.removed.length, 0);
    out.push(`@@ -${from + 1},${to - from} +${from + 1 + grown},${to - from + more} @@`, ...body);
    grown += more;
    index = last + 1;
  }
  return out;
}

/** Splices that share a line are one change of lines. */
function changesOf(text: string, splices: readonly Splice[], starts: readonly number[]): Change[] {
  const changes: Change[] = [];
  for (let index = 0; index < splices.length; ) {
    const first = splices[index] as Splice;
    const from = lineOf(starts, first.start);
    const whole = (splice: Splice): boolean =>
      splice.start === splice.end && starts[lineOf(starts, splice.start)] === splice.start && splice.text.endsWith("\n");
    let to = whole(first) ? from : lineOf(starts, Math.max(first.start, first.end - 1)) + 1;
    let last = index;
    while (last + 1 < splices.length && lineOf(starts, (splices[last + 1] as Splice).start) < to) {
      last += 1;
      to = Math.max(to, lineOf(starts, Math.max((splices[last] as Splice).start, (splices[last] as Splice).end - 1)) + 1);
    }
    const [start, end] = [starts[from] ?? text.length, starts[to] ?? text.length];
    const group = splices.slice(index, last + 1).map((splice) => ({ ...splice, start: splice.start - start, end: splice.end - start }));
    const before = text.slice(start, end);
    changes.push(trimmed(from, splitLines(before), splitLines(applySplices(before, group))));
    index = last + 1;
  }
  return changes.filter(({ removed, added }) => removed.length > 0 || added.length > 0);
}

/** Without the equal lines at both ends. */
function trimmed(from: number, removed: readonly string[], added: readonly string[]): Change {
  let head = 0;
  while (head < removed.length && head < added.length && removed[head] === added[head]) head += 1;
  let tail = 0;
  while (tail < removed.length - head && tail < added.length - head && removed.at(-1 - tail) === added.at(-1 - tail)) tail += 1;
  return {
    from: from + head,
    to: from + removed.length - tail,
    removed: removed.slice(head, removed.length - tail),
    added: added.slice(head, added.length - tail),
  };
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0 && at + 1 < text.length; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the line that holds the character, by halving. */
function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
