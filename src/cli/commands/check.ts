import type { CheckResult } from "../../check/contract.ts";
import { collectFacts } from "../../check/facts.ts";
import { CHECKS } from "../../check/list.ts";
import { runChecks, succeeded } from "../../check/runner.ts";
import { EXIT } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { checkReport, formatJunit, formatResult, formatSkipped, formatSummary } from "../health/format.ts";
import { liveSources } from "../health/sources.ts";
import { parseDuration } from "../options/values.ts";
import { createStyle, type Style } from "../output/style.ts";
import { formatJson } from "../output/structured.ts";
import { sleepUnless } from "../wait.ts";

interface CheckOptions {
  readonly output: "table" | "short" | "json" | "junit";
  /** Milliseconds. */
  readonly wait?: number;
}

const RETRY_MS = 1_000;

export const command = defineCommand<CheckOptions>({
  description:
    "Looks at everything a mesh needs: this program, its files, the controller, certificates, proxies, policies and workloads. " +
    "Under what is not fine (× failed, ‼ a warning) stand the reason and the next step. Exit code 1 when anything failed.",
  options: [
    {
      flags: "-o, --output <format>",
      description: "short shows only what is not fine; junit is for CI",
      choices: ["table", "short", "json", "junit"],
      default: "table",
    },
    { flags: "--wait <duration>", description: "go on until everything is fine, at most this long", parse: parseDuration },
  ],
  examples: [
    { line: "meshctl check", text: "Is everything as it should be?" },
    { line: "meshctl check --wait 1m -o short", text: "In a script, after starting things" },
    { line: "meshctl check -o junit > check.xml", text: "In CI" },
  ],
  run,
});

async function run(context: Context, options: CheckOptions): Promise<number> {
  const style = createStyle(context.colour.stdout);
  const results = options.wait === undefined ? await once(context) : await untilFine(context, options.wait);
  switch (options.output) {
    case "json":
      context.print(formatJson(checkReport(results)));
      break;
    case "junit":
      context.print(formatJunit(results));
      break;
    case "short":
      printLines(
        context,
        results.filter(({ result }) => result === "error" || result === "warning"),
        style,
      );
      for (const line of formatSkipped(results, style)) context.print(line);
      break;
    default:
      printLines(context, results, style);
      context.print(`\n${formatSummary(results, style)}`);
  }
  return succeeded(results) ? EXIT.OK : EXIT.NOT_FINE;
}

async function once(context: Context): Promise<CheckResult[]> {
  const sources = await liveSources(context);
  const checks = CHECKS.filter(({ platform }) => platform === undefined || platform === sources.platform);
  return runChecks(checks, collectFacts(sources));
}

/** Round after round; on a terminal a line says what it still waits for. */
async function untilFine(context: Context, waitMs: number): Promise<CheckResult[]> {
  const signal = context.interrupts.takeOver();
  const endMs = context.clock.monotonicMs() + waitMs;
  const isTerminal = context.stderr.isTTY === true;
  for (;;) {
    const results = await once(context);
    const leftMs = endMs - context.clock.monotonicMs();
    const waiting = results.filter(({ result }) => result === "error");
    if (isTerminal) context.stderr.write("\r\u001b[K");
    if (succeeded(results) || leftMs <= 0) return results;
    if (isTerminal)
      context.stderr.write(
        `waiting: ${waiting.map(({ description }) => description).join("; ")}`.slice(0, (context.stderr.columns ?? 80) - 1),
      );
    if (await sleepUnless(signal, context.clock, Math.min(RETRY_MS, leftMs))) {
      if (isTerminal) context.stderr.write("\r\u001b[K");
      return results;
    }
  }
}

function printLines(context: Context, results: readonly CheckResult[], style: Style): void {
  for (const [index, result] of results.entries()) {
    for (const line of formatResult(result, results[index - 1], style)) context.print(line);
  }
}
