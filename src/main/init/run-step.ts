import { spawn } from "node:child_process";
import type { Step } from "../../redirect/backend.ts";
import type { StepResult } from "../../redirect/explain-failure.ts";

/** More is no answer of these programs. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
const LIMIT_MS = 20_000;

/** Runs one program to its end. Never rejects. */
export function runStep({ program, args, input = "" }: Step): Promise<StepResult> {
  return new Promise((resolve) => {
    const output = { stdout: "", stderr: "" };
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], timeout: LIMIT_MS });
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < MAX_OUTPUT_BYTES) output[name] += text;
      });
    }
    // A program that does not read to the end says why by its exit code.
    child.stdin.on("error", () => {});
    child.once("error", (error: NodeJS.ErrnoException) => resolve({ code: null, ...output, errno: error.code ?? "error" }));
    child.once("close", (code, signal) => resolve({ code: code ?? (signal === null ? 0 : 128), ...output }));
    child.stdin.end(input);
  });
}
