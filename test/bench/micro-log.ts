/** Start of a process with a logger, and one line: ours and pino. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { systemClock } from "../../src/lib/clock.ts";
import { formatAccessJson, formatAccessText } from "../../src/telemetry/access-log.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { exchange } from "../unit/telemetry/exchange.ts";
import { micro } from "./micro.ts";

/** Median of nine starts: milliseconds and MiB resident. */
function start(script: string): string {
  const report = "process.stdout.write(JSON.stringify([performance.now(), process.memoryUsage.rss()]))";
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const runs = Array.from({ length: 9 }, () => {
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", `${script};${report}`], { cwd, encoding: "utf8" });
    return JSON.parse(stdout) as [number, number];
  });
  const median = (at: 0 | 1): number => runs.map((run) => run[at]).sort((a, b) => a - b)[4] ?? 0;
  return `${median(0).toFixed(0)} ms, ${(median(1) / 2 ** 20).toFixed(1)} MiB`;
}

console.log(`start, no logger:  ${start("")}`);
console.log(`start, pino:       ${start('import pino from "pino"; pino({ enabled: false })')}`);

const sunk = { write: () => {} };
const ours = createLogger({ level: "info", format: "json", clock: systemClock, write: sunk.write });
const theirs = pino({ base: null }, sunk);
micro("ours, a line with two fields", () => ours.info("connected", { peer: "a", port: 1 }), 200_000);
micro("pino, a line with two fields", () => theirs.info({ peer: "a", port: 1 }, "connected"), 200_000);
micro("ours, below the level", () => ours.debug("x"));
const record = exchange();
micro("access log, JSON", () => formatAccessJson(record), 200_000);
micro("access log, text", () => formatAccessText(record), 200_000);
