/** Lines of context around a change, as `diff -u` has. */
const CONTEXT = 3;

interface Edit {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** `diff -u` of two texts, without its two heading lines; empty when they are equal. */
export function unifiedDiff(before: string, after: string): string[] {
  if (before === after) return [];
  const edits = editScript(linesOf(before), linesOf(after));
  const lines: string[] = [];
  let [oldLine, newLine] = [1, 1];
  let index = 0;
  while (index < edits.length) {
    if (edits[index]?.sign === " ") {
      oldLine += 1;
      newLine += 1;
      index += 1;
      continue;
    }
    const start = Math.max(0, index - CONTEXT);
    const lead = index - start;
    const end = hunkEnd(edits, index);
    const hunk = edits.slice(start, end);
    const count = (sign: Edit["sign"]) => hunk.filter((edit) => edit.sign !== sign).length;
    lines.push(`@@ -${oldLine - lead},${count("+")} +${newLine - lead},${count("-")} @@`);
    lines.push(...hunk.map(({ sign, text }) => `${sign}${text}`));
    for (const { sign } of edits.slice(index, end)) {
      if (sign !== "+") oldLine += 1;
      if (sign !== "-") newLine += 1;
    }
    index = end;
  }
  return lines;
}

/** End of the hunk that starts with the change at `from`: changes with few equal lines between belong together. */
function hunkEnd(edits: readonly Edit[], from: number): number {
  let last = from;
  for (let index = from; index < edits.length && index - last <= CONTEXT * 2; index += 1) {
    if (edits[index]?.sign !== " ") last = index;
  }
  return Math.min(edits.length, last + 1 + CONTEXT);
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** Longest common subsequence by table; equal ends are cut off first, so the table covers what differs. */
function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const left = before.slice(head, before.length - tail);
  const right = after.slice(head, after.length - tail);
  const same = (text: string): Edit => ({ sign: " ", text });
  return [...before.slice(0, head).map(same), ...middle(left, right), ...before.slice(before.length - tail).map(same)];
}

function middle(left: readonly string[], right: readonly string[]): Edit[] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    const own = lengths[row];
    if (!own) continue;
    for (let column = right.length - 1; column >= 0; column -= 1) {
      own[column] = left[row] === right[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const edits: Edit[] = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      edits.push({ sign: " ", text: left[row] ?? "" });
      row += 1;
      column += 1;
    } else if (row < left.length && (column >= right.length || at(row + 1, column) >= at(row, column + 1))) {
      edits.push({ sign: "-", text: left[row] ?? "" });
      row += 1;
    } else {
      edits.push({ sign: "+", text: right[column] ?? "" });
      column += 1;
    }
  }
  return edits;
}
