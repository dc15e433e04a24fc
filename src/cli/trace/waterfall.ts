import displayWidth from "string-width";
import type { TraceDetail, TraceSpan } from "../../api/contract.ts";
import type { Style } from "../output/style.ts";
import { duration, hop, outcome, paintOutcome, request, short } from "./span-cells.ts";
import { spanTree, type TreeSpan } from "./tree.ts";

export interface WaterfallOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Names of this one are shown without it. */
  readonly namespace: string;
  readonly style: Style;
}

const GAP = "   ";
/** Bars are of use from here on: a narrow terminal wraps rather than losing them. */
const MIN_BAR = 16;
const MAX_REQUEST = 40;
/** Deeper calls stand no further to the right. */
const MAX_INDENT = 12;
const BAR = "█";
const HEADERS = ["SPAN", "SERVICE", "REQUEST", "STATUS", "DURATION"] as const;

/** A trace as lines of text: one span each, children below their parents, with a bar where it lies in time. */
export function waterfall({ spans, durationMs }: TraceDetail, { width, namespace, style }: WaterfallOptions): string[] {
  const rows = spanTree(spans).map((entry) => ({ ...entry, cells: cellsOf(entry, namespace) }));
  const widths = HEADERS.map((header, column) => Math.max(...[header, ...rows.map(({ cells }) => cells[column] ?? "")].map(displayWidth)));
  const text = widths.reduce((sum, cell) => sum + cell + GAP.length, 0);
  const barWidth = Math.max(MIN_BAR, width - text);
  const line = (cells: readonly string[], bar: string, paint: (cell: string, column: number) => string): string =>
    [...cells.map((cell, column) => paint(pad(cell, widths[column] as number, column), column)), bar].join(GAP).trimEnd();
  return [
    line(HEADERS, scale(durationMs, barWidth), (cell) => cell),
    ...rows.map(({ span, cells }) =>
      line(cells, paintBar(bar(span, durationMs, barWidth), span, style), (cell, column) =>
        column === 3 ? paintOutcome(cell, span, style) : cell,
      ),
    ),
  ];
}

function cellsOf({ span, depth }: TreeSpan, namespace: string): readonly string[] {
  const side = span.direction === "outbound" ? "out" : "in ";
  const indent = " ".repeat(Math.min(depth, MAX_INDENT));
  return [
    `${indent}${side} ${hop(span, namespace)}`,
    short(span.service, namespace) || "-",
    cut(request(span)),
    outcome(span),
    duration(span.durationMs),
  ];
}

/** Durations to the right, everything else to the left. */
function pad(cell: string, width: number, column: number): string {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(cell)));
  return column === HEADERS.length - 1 ? blanks + cell : cell + blanks;
}

function cut(text: string): string {
  return text.length <= MAX_REQUEST ? text : `${text.slice(0, MAX_REQUEST - 1)}…`;
}

/** Where a span lies between the start and the end of the trace; at least one column of it is seen. */
function bar({ offsetMs, durationMs }: TraceSpan, totalMs: number, width: number): string {
  const columns = (ms: number): number => (totalMs > 0 ? (ms / totalMs) * width : 0);
  const from = Math.min(width - 1, Math.max(0, Math.floor(columns(offsetMs))));
  const to = Math.min(width, Math.max(from + 1, Math.round(columns(offsetMs + durationMs))));
  return " ".repeat(from) + BAR.repeat(to - from);
}

function paintBar(text: string, { error }: TraceSpan, style: Style): string {
  const at = text.indexOf(BAR);
  return text.slice(0, at) + (error ? style.bad(text.slice(at)) : style.accent(text.slice(at)));
}

/** `0` at the left edge, the whole at the right. */
function scale(totalMs: number, width: number): string {
  const end = duration(totalMs);
  return `0${end.padStart(Math.max(end.length + 1, width - 1))}`;
}
