/** A request through two proxies with mutual TLS between them: what it costs in CPU, and how long it takes. */
import { runOpenLoop } from "../load/open-loop.ts";
import { type CountingBackend, loadWindow } from "../load/window.ts";
import { runWrk } from "../load/wrk.ts";
import { fullPair } from "../mesh/our-pair.ts";
import { profileOurs } from "../mesh/profile-pair.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE, WARM_UP_SECONDS } from "../options.ts";
import { versionOf } from "../peer.ts";
import { HAPROXY_H1, HAPROXY_H2, haproxyPair } from "./haproxy.ts";
import { nginxPair } from "./nginx.ts";
import { nodePair } from "./node.ts";
import { ours, type StartedPair, startPairs } from "./peers.ts";
import { type LatencyFigures, type LoadFigures, RATE, reportPair, type Series } from "./report.ts";

const CONNECTIONS: readonly number[] = [32, 200];
const PATH = "/items?page=1";

const noLatency = (): LatencyFigures => ({ p50Us: [], p95Us: [], p99Us: [], sentLateP50Us: [], errors: 0 });

export async function benchPair(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || nginxPair.version() === null) {
    console.error("pair: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const backend = await startBackend(options.folder, LOAD_CORE);
  try {
    const connections = options.connections ?? CONNECTIONS;
    if (options.profile) {
      return await profileOurs("pair", options, backend.port, fullPair, async ({ port }) => {
        const counts: string[] = [];
        for (const count of connections) {
          const { requests, seconds } = await runWrk(`http://127.0.0.1:${port}${PATH}`, count, options.seconds, LOAD_CORE);
          counts.push(`${(requests / seconds).toFixed(0)} requests/s on ${count} connections`);
        }
        return counts.join(", ");
      });
    }
    const peers = [haproxyPair(HAPROXY_H2), haproxyPair(HAPROXY_H1), nginxPair, ours(options), nodePair];
    const started = await startPairs(peers, backend.port, options);
    try {
      const series = started.pairs.map((pair) => ({ ...pair, loads: connections.map(noLoad), latency: noLatency() }));
      const direct = noLatency();
      await warmUp(series, connections);
      for (let run = 0; run < options.runs; run += 1) {
        for (const [index] of connections.entries()) for (const each of series) await load(each, index, options.seconds, backend);
        for (const each of series) await latency(each.running.port, each.latency, options.seconds);
        await latency(backend.port, direct, options.seconds);
      }
      return await reportPair(series, direct, started.missing, options);
    } finally {
      await started.stop();
    }
  } finally {
    await backend.stop();
  }
}

function noLoad(connections: number): LoadFigures {
  return { connections, cpuUs: [], perSecond: [], p50Us: [], p99Us: [], errors: 0 };
}

function urlOf({ running }: StartedPair): string {
  return `http://127.0.0.1:${running.port}${PATH}`;
}

async function warmUp(series: readonly Series[], connections: readonly number[]): Promise<void> {
  for (const each of series) await runWrk(urlOf(each), Math.max(...connections), WARM_UP_SECONDS, LOAD_CORE);
}

async function load(series: Series, index: number, seconds: number, backend: CountingBackend): Promise<void> {
  const figures = series.loads[index] as LoadFigures;
  const result = await loadWindow(urlOf(series), figures.connections, seconds, series.running.pids, backend);
  figures.errors += result.errors;
  if (Number.isNaN(result.cpuUsPerRequest)) return;
  figures.cpuUs.push(result.cpuUsPerRequest);
  figures.perSecond.push(result.perSecond);
  figures.p50Us.push(result.p50Us);
  figures.p99Us.push(result.p99Us);
}

async function latency(port: number, figures: LatencyFigures, seconds: number): Promise<void> {
  const result = await runOpenLoop(port, RATE, seconds, LOAD_CORE);
  figures.errors += result.errors;
  if (result.answered === 0) return;
  figures.p50Us.push(result.p50Us);
  figures.p95Us.push(result.p95Us);
  figures.p99Us.push(result.p99Us);
  figures.sentLateP50Us.push(result.sentLate.p50Us);
}
