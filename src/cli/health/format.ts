import { type CheckResult, SECTIONS } from "../../check/contract.ts";
import { succeeded } from "../../check/runner.ts";
import type { Style } from "../output/style.ts";

const MARK = { ok: "√", warning: "‼", error: "×", skipped: "-" } as const;

/** A heading when the section is a new one, the line, and under it what is not fine and what to do. */
export function formatResult(result: CheckResult, previous: CheckResult | undefined, style: Style): string[] {
  const lines: string[] = [];
  if (previous?.section !== result.section) {
    if (previous !== undefined) lines.push("");
    lines.push(style.strong(result.section), "-".repeat(result.section.length));
  }
  const paint = { ok: style.good, warning: style.warn, error: style.bad, skipped: style.dim }[result.result];
  lines.push(`${paint(MARK[result.result])} ${result.description}`);
  for (const reason of result.reasons) lines.push(`    ${reason}`);
  for (const step of (result.next ?? "").split("\n").filter((line) => line !== "")) lines.push(`    ${style.accent("→")} ${step}`);
  return lines;
}

/** One line for all that was left out because something before it failed. */
export function formatSkipped(results: readonly CheckResult[], style: Style): string[] {
  const skipped = results.filter(({ result }) => result === "skipped").length;
  if (skipped === 0) return [];
  return ["", `${style.dim(MARK.skipped)} ${skipped} ${skipped === 1 ? "check" : "checks"} not made: they depend on what failed`];
}

/** The last line: `Status check results are √`. */
export function formatSummary(results: readonly CheckResult[], style: Style): string {
  const count = (wanted: CheckResult["result"]) => results.filter(({ result }) => result === wanted).length;
  const verdict = succeeded(results) ? style.good("√") : style.bad("×");
  const parts = [
    [count("error"), "failed"],
    [count("skipped"), "not checked"],
    [count("warning"), "with a warning"],
    [count("ok"), "fine"],
  ].filter(([number]) => number !== 0);
  return `Status check results are ${verdict} (${parts.map(([number, word]) => `${number} ${word}`).join(", ")})`;
}

/** Stable shape for scripts. */
export function checkReport(results: readonly CheckResult[]): object {
  return {
    success: succeeded(results),
    categories: SECTIONS.map((section) => ({
      categoryName: section,
      checks: results
        .filter((result) => result.section === section)
        .map(({ id, description, result, reasons, next }) => ({ id, description, result, reasons, ...(next ? { hint: next } : {}) })),
    })).filter(({ checks }) => checks.length > 0),
  };
}

/** JUnit's XML, as CI systems read it: a suite a section, a case a check; warnings pass and say so in system-out. */
export function formatJunit(results: readonly CheckResult[]): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"];
  for (const section of SECTIONS) {
    const own = results.filter((result) => result.section === section);
    if (own.length === 0) continue;
    const count = (wanted: CheckResult["result"]) => own.filter(({ result }) => result === wanted).length;
    lines.push(`  <testsuite name="${xml(section)}" tests="${own.length}" failures="${count("error")}" skipped="${count("skipped")}">`);
    for (const { id, description, result, reasons, next } of own) {
      const start = `    <testcase classname="meshctl.${xml(id)}" name="${xml(description)}"`;
      const text = xml([...reasons, ...(next ? [next] : [])].join("\n"));
      if (result === "ok") lines.push(`${start}/>`);
      else if (result === "error") lines.push(`${start}><failure message="${xml(reasons[0] ?? description)}">${text}</failure></testcase>`);
      else if (result === "skipped") lines.push(`${start}><skipped message="${xml(reasons[0] ?? "")}"/></testcase>`);
      else lines.push(`${start}><system-out>warning: ${text}</system-out></testcase>`);
    }
    lines.push("  </testsuite>");
  }
  lines.push("</testsuites>");
  return lines.join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };

/** Escaped for attributes and text; characters that XML 1.0 cannot hold become U+FFFD. */
function xml(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd").replace(/[&<>"\n]/g, (char) => ENTITIES[char] ?? char);
}
