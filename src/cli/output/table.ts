import { stripVTControlCharacters } from "node:util";

const GAP = "   ";

/**
 * A table as kubectl shows it: upper-case headers, columns three blanks apart, no borders, nothing after the
 * last cell. Empty cells show `-` so that columns stay columns for awk. Cells may carry colours.
 */
export class Table {
  readonly #headers: readonly string[];
  #widths: number[];

  constructor(headers: readonly string[]) {
    this.#headers = headers.map((header) => header.toUpperCase());
    this.#widths = this.#headers.map(visibleWidth);
  }

  /** Lines for `rows`, in line with those given before as far as they fit. */
  lines(rows: readonly (readonly string[])[]): string[] {
    const cells = rows.map((row) => row.map((cell) => (cell === "" ? "-" : cell)));
    this.#widths = this.#widths.map((width, column) => Math.max(width, ...cells.map((row) => visibleWidth(row[column] ?? ""))));
    return cells.map((row) => this.#line(row));
  }

  /** The column names, as wide as the rows so far. */
  heading(): string {
    return this.#line(this.#headers);
  }

  #line(row: readonly string[]): string {
    const last = row.length - 1;
    return row
      .map((cell, column) => (column === last ? cell : cell + " ".repeat((this.#widths[column] ?? 0) - visibleWidth(cell))))
      .join(GAP);
  }
}

/** A whole {@link Table} at once, heading first. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table(headers);
  const lines = table.lines(rows);
  return [table.heading(), ...lines];
}

/** Characters on the screen, colours apart. */
export function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
