/** One plain HTTP/1.1 hop: what a request costs in CPU, beside proxies everybody knows. */
import { machineLine } from "../machine.ts";
import { runWrk } from "../load/wrk.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE, PROXY_CORE, WARM_UP_SECONDS } from "../options.ts";
import { wantedOf } from "../pair/peers.ts";
import type { Peer, RunningPeer } from "../peer.ts";
import { versionOf } from "../peer.ts";
import { cpuMicroseconds, residentMib } from "../process-cpu.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { nodeUndici } from "./node-undici.ts";
import { ours } from "./ours.ts";

const CONNECTIONS = 64;
const TARGET = "≤ 1.6 × nginx";

interface Series {
  readonly peer: Peer;
  readonly version: string;
  readonly running: RunningPeer;
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly p50Us: number[];
  readonly p99Us: number[];
  errors: number;
}

export async function benchHop(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || nginx.version() === null) {
    console.error("hop: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const { folder } = options;
  const connections = options.connections?.[0] ?? CONNECTIONS;
  const backend = await startBackend(folder, LOAD_CORE);
  const series: Series[] = [];
  const missing: string[] = [];
  try {
    for (const peer of wantedOf<Peer>([haproxy, nginx, ours(options.nodeFlags), nodeUndici], options)) {
      const version = peer.version();
      if (version === null) missing.push(peer.name);
      else {
        const running = await peer.start(folder, backend.port, PROXY_CORE);
        series.push({ peer, version, running, cpuUs: [], perSecond: [], p50Us: [], p99Us: [], errors: 0 });
      }
    }
    for (const each of series) await runWrk(urlOf(each), connections, WARM_UP_SECONDS, LOAD_CORE);
    for (let run = 0; run < options.runs; run += 1) for (const each of series) await measure(each, connections, options.seconds);
    return await report(series, missing, connections, options);
  } finally {
    for (const { running } of series) await running.stop();
    await backend.stop();
  }
}

function urlOf({ running }: Series): string {
  return `http://127.0.0.1:${running.port}/items?page=1`;
}

async function measure(series: Series, connections: number, seconds: number): Promise<void> {
  const before = cpuMicroseconds(series.running.pid);
  const result = await runWrk(urlOf(series), connections, seconds, LOAD_CORE);
  const used = cpuMicroseconds(series.running.pid) - before;
  series.cpuUs.push(used / result.requests);
  series.perSecond.push(result.requests / result.seconds);
  series.p50Us.push(result.p50Us);
  series.p99Us.push(result.p99Us);
  series.errors += result.errors;
}

async function report(
  series: readonly Series[],
  missing: readonly string[],
  connections: number,
  options: BenchOptions,
): Promise<Findings> {
  const reference = series.find(({ peer }) => peer === nginx);
  const base = reference === undefined ? Number.NaN : spreadOf(reference.cpuUs).median;
  const results = await Promise.all(
    series.map(async ({ peer, version, running, cpuUs, perSecond, p50Us, p99Us, errors }) => ({
      name: peer.name,
      version,
      cpuUsPerRequest: spreadOf(cpuUs),
      requestsPerSecond: spreadOf(perSecond),
      p50Us: spreadOf(p50Us),
      p99Us: spreadOf(p99Us),
      ratioToNginx: spreadOf(cpuUs).median / base,
      residentMib: residentMib(running.pid),
      errors,
      configuration: await running.describe(),
    })),
  );
  console.log(
    `One plain HTTP/1.1 hop, ${connections} connections, ${options.runs} interleaved runs of ${options.seconds} s, median (min–max)`,
  );
  console.log(`${machineLine()}; wrk, backend nginx with 82 bytes`);
  console.log(`${options.command}\n`);
  const header = ["proxy", "CPU µs/request", "× nginx", "requests/s", "p50 µs", "p99 µs", "MiB", "errors"];
  const rows = results.map((r) => [
    r.name,
    formatSpread(r.cpuUsPerRequest, 1),
    r.ratioToNginx.toFixed(2),
    r.requestsPerSecond.median.toFixed(0),
    r.p50Us.median.toFixed(0),
    r.p99Us.median.toFixed(0),
    r.residentMib.toFixed(0),
    String(r.errors),
  ]);
  console.log(formatTable([header, ...rows]));
  for (const { name, version, configuration } of results) console.log(`${name}: ${version}; ${configuration}`);
  for (const name of missing) console.log(`${name}: not on this machine${name === "meshctl" ? " (run npm run build)" : ""}`);
  console.log(`target for meshctl: ${TARGET}\n`);
  return { connections, missing, results };
}
