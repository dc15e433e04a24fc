import type { Comparison, Piece, Step } from "./parse.ts";

/** What a template makes of `value`: values of one path stand one blank apart, what is not there is left out. */
export function fillTemplate(pieces: readonly Piece[], value: unknown): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      const found = valuesOf(piece.steps, value);
      if (piece.kind === "path") return found.map(textOf).join(" ");
      return found.map((item) => fillTemplate(piece.pieces, item)).join("");
    })
    .join("");
}

/** Every value that `steps` lead to; empty when they lead nowhere. */
export function valuesOf(steps: readonly Step[], value: unknown): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const step of steps) found = found.flatMap((item) => follow(step, item));
  return found;
}

/** Text as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function follow(step: Step, value: unknown): readonly unknown[] {
  switch (step.kind) {
    case "fields":
      return step.names.flatMap((name) => field(value, name));
    case "indexes":
      return Array.isArray(value) ? step.indexes.flatMap((index) => present(value.at(index) as unknown)) : [];
    case "slice":
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case "each":
      return childrenOf(value);
    case "descend":
      return everythingBelow(value);
    case "filter":
      return childrenOf(value).filter((item) => passes(step.path, step.test, item));
  }
}

function field(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return [];
  return present((value as Record<string, unknown>)[name]);
}

function present(value: unknown): readonly unknown[] {
  return value === undefined ? [] : [value];
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function everythingBelow(value: unknown): readonly unknown[] {
  return [value, ...childrenOf(value).flatMap(everythingBelow)];
}

function passes(path: readonly Step[], test: Comparison | null, item: unknown): boolean {
  const found = valuesOf(path, item);
  if (test === null) return found.length > 0;
  return found.some((value) => compare(value, test));
}

function compare(left: unknown, { operator, value: right }: Comparison): boolean {
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  if (typeof left !== typeof right || (typeof left !== "number" && typeof left !== "string")) return false;
  const [first, second] = [left as string, right as string];
  switch (operator) {
    case "<":
      return first < second;
    case "<=":
      return first <= second;
    case ">":
      return first > second;
    case ">=":
      return first >= second;
  }
}
