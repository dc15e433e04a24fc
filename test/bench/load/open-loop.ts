import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { watched } from "../peer.ts";

export interface Quantiles {
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

export interface OpenLoopResult extends Quantiles {
  readonly answered: number;
  /** Not 200, broken off, or not answered 2 s after the end. */
  readonly errors: number;
  /** How late the generator itself was. */
  readonly sentLate: Quantiles;
}

const PROGRAM = fileURLToPath(new URL("./open-loop.mjs", import.meta.url));

/** Latencies at a fixed rate, from the instant each request was due. */
export async function runOpenLoop(port: number, rate: number, seconds: number, core: number): Promise<OpenLoopResult> {
  const args = [PROGRAM, String(port), "/items?page=1", String(rate), String(seconds), "32"];
  const child = watched(spawn("taskset", ["-c", String(core), process.execPath, ...args], { stdio: ["ignore", "pipe", "inherit"] }));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(text) as OpenLoopResult;
}
