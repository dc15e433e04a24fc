import { spawn } from "node:child_process";
import { watched } from "../peer.ts";

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Loads `url` from core `core`, as `script` (a file in Lua) says, and reads wrk's report. */
export function runWrk(url: string, connections: number, seconds: number, core: number, script: string | null = null): Promise<WrkResult> {
  const how = script === null ? [] : ["-s", script];
  const args = ["-c", String(core), "wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", ...how, url];
  const child = watched(spawn("taskset", args, { stdio: ["ignore", "pipe", "inherit"] }));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const total = /(\d+) requests in ([\d.]+)(m?s|m)/.exec(text);
      if (code !== 0 || total === null) return reject(new Error(`wrk failed (${code}): ${text}`));
      const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
      const statusErrors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
      resolve({
        requests: Number(total[1]),
        seconds: Number(total[2]),
        errors: (socketErrors ?? ["0"]).slice(1).reduce((sum, count) => sum + Number(count), statusErrors),
        p50Us: latencyUs(text, "50%"),
        p99Us: latencyUs(text, "99%"),
      });
    });
  });
}

function latencyUs(text: string, quantile: string): number {
  const match = new RegExp(`^\\s*${quantile}\\s+([\\d.]+)(us|ms|s)`, "m").exec(text);
  const unit = { us: 1, ms: 1_000, s: 1_000_000 }[match?.[2] ?? "us"] ?? 1;
  return Number(match?.[1] ?? 0) * unit;
}
