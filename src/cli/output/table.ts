import CliTable from "cli-table3";
// The release that cli-table3 itself measures with: another opinion on one character, and it would cut cells short.
import displayWidth from "string-width";

const GAP = "   ";
const NO_BORDERS: CliTable.TableConstructorOptions["chars"] = Object.freeze({
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: GAP,
});

/**
 * A table as kubectl shows it: upper-case headers, columns three blanks apart, no borders, nothing after the
 * last cell. Empty cells show `-` so that columns stay columns for awk. Cells may carry colours and characters
 * two columns wide.
 */
export class Table {
  readonly #headers: readonly string[];
  #widths: number[];

  constructor(headers: readonly string[]) {
    this.#headers = headers.map((header) => header.toUpperCase());
    this.#widths = this.#headers.map((header) => displayWidth(header));
  }

  /** Lines for `rows`, in line with those given before as far as they fit. */
  lines(rows: readonly (readonly string[])[]): string[] {
    const cells = rows.map((row) => row.map((cell) => (cell === "" ? "-" : cell)));
    for (const row of cells) this.#widths = this.#widths.map((width, column) => Math.max(width, displayWidth(row[column] ?? "")));
    return cells.map((row) => this.#line(row));
  }

  /** The column names, as wide as the rows so far. */
  heading(): string {
    return this.#line(this.#headers);
  }

  /** One row at a time: cli-table3 compares every row with those before it, and four thousand took over a second. */
  #line(row: readonly string[]): string {
    const table = new CliTable({
      chars: NO_BORDERS,
      colWidths: this.#widths,
      style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    });
    table.push([...row]);
    return table.toString().trimEnd();
  }
}

/** A whole {@link Table} at once, heading first. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table(headers);
  const lines = table.lines(rows);
  return [table.heading(), ...lines];
}
