import { spawn } from "node:child_process";
import { watched } from "../peer.ts";

export interface H2loadResult {
  /** Answered 2xx or 3xx. */
  readonly succeeded: number;
  /** Everything else. */
  readonly errors: number;
  readonly seconds: number;
}

export interface H2loadOptions {
  readonly url: string;
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly streams: number;
  /** In all. A run that ended by time would break off those under way, and with them connections between proxies. */
  readonly calls: number;
  /** File with the request's body. */
  readonly body: string;
  readonly headers: readonly string[];
  readonly core: number;
}

/** Longer, and something hangs. */
const LIMIT_MS = 120_000;

/** HTTP/2 with prior knowledge, from core `core`. */
export async function runH2load(options: H2loadOptions): Promise<H2loadResult> {
  const { url, connections, streams, calls, body, headers, core } = options;
  const how = [`-c${connections}`, `-m${streams}`, "-t1", `-n${calls}`, "-d", body, ...headers.flatMap((header) => ["-H", header])];
  const child = watched(spawn("taskset", ["-c", String(core), "h2load", ...how, url], { stdio: ["ignore", "pipe", "inherit"] }));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(limit);
  const took = /finished in ([\d.]+)(us|ms|s)/.exec(text);
  const counts = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(text);
  if (code !== 0 || counts === null || took === null) throw new Error(`h2load failed (${code}): ${text}`);
  const [succeeded = 0, failed = 0, errored = 0, timeout = 0] = counts.slice(1).map(Number);
  const unit = { us: 1e-6, ms: 1e-3, s: 1 }[took[2] ?? "s"] ?? 1;
  return { succeeded, errors: failed + errored + timeout, seconds: Number(took[1]) * unit };
}
