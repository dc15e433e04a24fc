import type { LineCounter } from "yaml";

/** Something wrong in a text; line and column count from 1. */
export interface TextProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

export function problemAt(lines: LineCounter, offset: number, message: string, hint?: string): TextProblem {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col), message, ...(hint === undefined ? {} : { hint }) };
}

/** YAML that cannot be edited in place; becomes a {@link TextProblem} where the text is known. */
export class Uneditable extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.name = "Uneditable";
    this.offset = offset;
  }
}
