/** A request through two proxies with mutual TLS between them: what it costs in CPU, and how long it takes. */
import { machineLine } from "../machine.ts";
import { runOpenLoop } from "../load/open-loop.ts";
import { runWrk } from "../load/wrk.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE, WARM_UP_SECONDS } from "../options.ts";
import { versionOf } from "../peer.ts";
import { cpuOfAll, residentMib } from "../process-cpu.ts";
import { formatSpread, formatTable, type Spread, spreadOf } from "../table.ts";
import { HAPROXY_H1, HAPROXY_H2, haproxyPair } from "./haproxy.ts";
import { nginxPair } from "./nginx.ts";
import { nodePair } from "./node.ts";
import { configurationLines, missingLines, ours, ratioOf, ratioText, type StartedPair, startPairs } from "./peers.ts";
import { profilePair } from "./profile.ts";

const CONNECTIONS: readonly number[] = [32, 200];
const RATE = 1_000;
const TARGET =
  "targets for meshctl: CPU ≤ 1.5 × HAProxy with HTTP/2 at 32 connections and ≤ 1.2 × at 200 (stretch 1.0), ≤ 0.8 × HAProxy with HTTP/1.1; added p50 and p99 ≤ 1.5 × HAProxy with HTTP/2";

interface LoadFigures {
  readonly connections: number;
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly p50Us: number[];
  readonly p99Us: number[];
  errors: number;
}

interface LatencyFigures {
  readonly p50Us: number[];
  readonly p95Us: number[];
  readonly p99Us: number[];
  readonly sentLateP50Us: number[];
  errors: number;
}

interface Series extends StartedPair {
  readonly loads: readonly LoadFigures[];
  readonly latency: LatencyFigures;
}

const noLatency = (): LatencyFigures => ({ p50Us: [], p95Us: [], p99Us: [], sentLateP50Us: [], errors: 0 });

export async function benchPair(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || nginxPair.version() === null) {
    console.error("pair: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const backend = await startBackend(options.folder, LOAD_CORE);
  try {
    const connections = options.connections ?? CONNECTIONS;
    if (options.profile) return await profilePair(options, backend.port, connections);
    const peers = [haproxyPair(HAPROXY_H2), haproxyPair(HAPROXY_H1), nginxPair, ours(options), nodePair];
    const started = await startPairs(peers, backend.port, options);
    try {
      const series = started.pairs.map((pair) => ({ ...pair, loads: connections.map(noLoad), latency: noLatency() }));
      const direct = noLatency();
      await warmUp(series, connections);
      for (let run = 0; run < options.runs; run += 1) {
        for (const [index] of connections.entries()) for (const each of series) await load(each, index, options.seconds);
        for (const each of series) await latency(each.running.port, each.latency, options.seconds);
        await latency(backend.port, direct, options.seconds);
      }
      return await report(series, direct, started.missing, options);
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
  return `http://127.0.0.1:${running.port}/items?page=1`;
}

async function warmUp(series: readonly Series[], connections: readonly number[]): Promise<void> {
  for (const each of series) await runWrk(urlOf(each), Math.max(...connections), WARM_UP_SECONDS, LOAD_CORE);
}

async function load(series: Series, index: number, seconds: number): Promise<void> {
  const figures = series.loads[index] as LoadFigures;
  const before = cpuOfAll(series.running.pids);
  const result = await runWrk(urlOf(series), figures.connections, seconds, LOAD_CORE);
  figures.cpuUs.push((cpuOfAll(series.running.pids) - before) / result.requests);
  figures.perSecond.push(result.requests / result.seconds);
  figures.p50Us.push(result.p50Us);
  figures.p99Us.push(result.p99Us);
  figures.errors += result.errors;
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

const shownMs = ({ median, min, max }: Spread): string => formatSpread({ median: median / 1e3, min: min / 1e3, max: max / 1e3 }, 2);

async function report(
  series: readonly Series[],
  direct: LatencyFigures,
  missing: readonly string[],
  options: BenchOptions,
): Promise<Findings> {
  const configured = await Promise.all(
    series.map(async (each) => ({
      ...each,
      name: each.peer.name,
      configuration: await each.running.configuration(),
      residentMib: each.running.pids.map(residentMib),
    })),
  );
  const reference = (name: string) => configured.find((each) => each.name === name);
  const [overH2, overH1] = [reference("HAProxy, HTTP/2"), reference("HAProxy, HTTP/1.1")];
  const loads = configured.flatMap((each) =>
    each.loads.map((figures, index) => {
      const cpuUs = spreadOf(figures.cpuUs);
      const median = (other: Series | undefined): number | undefined => other && spreadOf(other.loads[index]?.cpuUs ?? []).median;
      return {
        each,
        cpuUs,
        figures,
        perSecond: spreadOf(figures.perSecond),
        p99: spreadOf(figures.p99Us),
        toH2: median(overH2),
        toH1: median(overH1),
      };
    }),
  );
  console.log(
    `HTTP/1.1 through a pair of proxies, mutual TLS 1.3 between them; ${options.runs} interleaved runs of ${options.seconds} s, median (min–max)`,
  );
  console.log(`${machineLine()}; wrk, keep-alive, backend nginx with 82 bytes`);
  console.log(`${options.command}\n`);
  const header = ["pair", "conns", "CPU µs/request", "× HAProxy h2", "× HAProxy h1", "requests/s", "p99 ms", "errors"];
  const rows = loads
    .sort((one, other) => one.figures.connections - other.figures.connections)
    .map(({ each, figures, cpuUs, perSecond, p99, toH2, toH1 }) => [
      each.name,
      String(figures.connections),
      formatSpread(cpuUs, 1),
      ratioText(cpuUs.median, toH2, each.configuration),
      ratioText(cpuUs.median, toH1, each.configuration),
      formatSpread(perSecond, 0),
      (p99.median / 1e3).toFixed(1),
      String(figures.errors),
    ]);
  console.log(`${formatTable([header, ...rows])}\n`);
  console.log(`Open loop, ${RATE} requests/s on 32 connections, from the instant each request was due; added: beyond the backend alone`);
  const base = { p50: spreadOf(direct.p50Us).median, p99: spreadOf(direct.p99Us).median };
  const added = ({ latency: { p50Us, p99Us } }: Series) => ({
    p50: spreadOf(p50Us).median - base.p50,
    p99: spreadOf(p99Us).median - base.p99,
  });
  const addedH2 = overH2 && added(overH2);
  const latencyRow = (name: string, { p50Us, p95Us, p99Us, errors }: LatencyFigures): string[] => [
    name,
    shownMs(spreadOf(p50Us)),
    shownMs(spreadOf(p95Us)),
    shownMs(spreadOf(p99Us)),
    String(errors),
  ];
  console.log(
    formatTable([
      ["pair", "p50 ms", "p95 ms", "p99 ms", "errors", "added p50 × HAProxy h2", "added p99 × HAProxy h2"],
      [...latencyRow("backend alone", direct), "", ""],
      ...configured.map((each) => [
        ...latencyRow(each.name, each.latency),
        ratioText(added(each).p50, addedH2?.p50, each.configuration),
        ratioText(added(each).p99, addedH2?.p99, each.configuration),
      ]),
    ]),
  );
  console.log("");
  for (const each of configured) for (const line of configurationLines(each)) console.log(line);
  for (const line of missingLines(missing)) console.log(line);
  console.log(`${TARGET}\n`);
  return {
    connections: options.connections ?? CONNECTIONS,
    missing,
    openLoopRate: RATE,
    backendAlone: latencyFindings(direct),
    results: configured.map((each) => ({
      name: each.name,
      version: each.version,
      configuration: each.configuration,
      residentMib: each.residentMib,
      loads: loads
        .filter((one) => one.each === each)
        .map(({ figures, cpuUs, perSecond, toH2, toH1 }) => ({
          connections: figures.connections,
          cpuUsPerRequest: cpuUs,
          requestsPerSecond: perSecond,
          p50Us: spreadOf(figures.p50Us),
          p99Us: spreadOf(figures.p99Us),
          errors: figures.errors,
          ratioToHaproxyH2: ratioOf(cpuUs.median, toH2, each.configuration),
          ratioToHaproxyH1: ratioOf(cpuUs.median, toH1, each.configuration),
        })),
      openLoop: {
        ...latencyFindings(each.latency),
        ratioOfAddedP50: ratioOf(added(each).p50, addedH2?.p50, each.configuration),
        ratioOfAddedP99: ratioOf(added(each).p99, addedH2?.p99, each.configuration),
      },
    })),
  };
}

function latencyFindings({ p50Us, p95Us, p99Us, sentLateP50Us, errors }: LatencyFigures) {
  return { p50Us: spreadOf(p50Us), p95Us: spreadOf(p95Us), p99Us: spreadOf(p99Us), sentLateP50Us: spreadOf(sentLateP50Us), errors };
}
