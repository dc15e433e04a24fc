import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homeRoot } from "../home/layout.ts";
import { EXIT, messageOf, UserError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { commandWords } from "./find.ts";
import type { Invocation } from "./invocation.ts";

/** Says what went wrong on stderr and returns the exit code. The one place where errors become text. */
export function reportProblem(error: unknown, invocation: Invocation): number {
  const debug = Boolean(invocation.env.MESHCTL_DEBUG);
  if (error instanceof UserError) {
    invocation.stderr.write(`Error: ${error.message}\n`);
    if (error.hint) invocation.stderr.write(`${indent(error.hint)}\n`);
    if (debug) invocation.stderr.write(`${stackOf(error)}\n`);
    return error.exitCode;
  }
  invocation.stderr.write(`Error: meshctl itself failed: ${firstLine(messageOf(error))}\n`);
  const path = writeReport(error, invocation);
  const where = path === null ? "Set MESHCTL_DEBUG=1 to see where." : `The details are in ${path}; please add them to a bug report.`;
  invocation.stderr.write(`  This is a fault of ours (version ${VERSION}). ${where}\n`);
  if (debug) invocation.stderr.write(`${stackOf(error)}\n`);
  return EXIT.INTERNAL;
}

/** Writes what a bug report needs; of the command line only its words, because values may be secret. Null where nothing can be written. */
function writeReport(error: unknown, invocation: Invocation): string | null {
  const name = `meshctl-report-${new Date(invocation.clock.nowMs()).toISOString().replace(/[:.]/g, "-")}-${invocation.pid}.txt`;
  const text = [
    `meshctl ${VERSION}, Node ${invocation.nodeVersion}`,
    `command: meshctl ${commandWords(invocation.argv).join(" ")}`,
    "",
    stackOf(error),
    "",
  ].join("\n");
  for (const directory of [join(homeRoot(invocation.env, invocation.userHome), "reports"), tmpdir()]) {
    try {
      // Not recursive: a state directory that is not there is not ours to make now.
      if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
      const path = join(directory, name);
      writeFileSync(path, text, { mode: 0o600, flag: "wx" });
      return path;
    } catch {
      // A full or read-only disk must not hide the problem itself.
    }
  }
  return null;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
