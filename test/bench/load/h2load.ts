import { spawn } from "node:child_process";
import { watched } from "../peer.ts";

export interface H2loadResult {
  /** Answered 2xx or 3xx. */
  readonly succeeded: number;
  /** Everything else. */
  readonly errors: number;
}

export interface H2loadOptions {
  readonly url: string;
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly streams: number;
  readonly seconds: number;
  /** File with the request's body. */
  readonly body: string;
  readonly headers: readonly string[];
  readonly core: number;
}

/** HTTP/2 with prior knowledge, for a time, from core `core`. */
export async function runH2load(options: H2loadOptions): Promise<H2loadResult> {
  const { url, connections, streams, seconds, body, headers, core } = options;
  const how = [
    `-c${connections}`,
    `-m${streams}`,
    "-t1",
    "-D",
    String(seconds),
    "-d",
    body,
    ...headers.flatMap((header) => ["-H", header]),
  ];
  const child = watched(spawn("taskset", ["-c", String(core), "h2load", ...how, url], { stdio: ["ignore", "pipe", "inherit"] }));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const counts = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(text);
  if (code !== 0 || counts === null) throw new Error(`h2load failed (${code}): ${text}`);
  const [succeeded = 0, failed = 0, errored = 0, timeout = 0] = counts.slice(1).map(Number);
  return { succeeded, errors: failed + errored + timeout };
}
