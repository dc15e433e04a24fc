import { stripVTControlCharacters } from "node:util";

const GAP = "   ";

/**
 * Lines of a table as kubectl shows it: upper-case headers, columns three blanks apart, no borders, nothing
 * after the last cell. Empty cells show `-` so that columns stay columns for awk. Cells may carry colours.
 */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = [headers.map((header) => header.toUpperCase()), ...rows.map((row) => row.map((cell) => (cell === "" ? "-" : cell)))];
  const widths = headers.map((_, column) => Math.max(...table.map((row) => visibleWidth(row[column] ?? ""))));
  return table.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - visibleWidth(cell))))
      .join(GAP)
      .trimEnd(),
  );
}

/** Characters on the screen, colours apart. */
export function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
