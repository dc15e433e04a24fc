/** What `pair` measured, as tables and as JSON. */
import { machineLine } from "../machine.ts";
import type { BenchOptions, Findings } from "../options.ts";
import { residentMib } from "../process-cpu.ts";
import { formatSpread, formatTable, type Spread, spreadOf } from "../table.ts";
import type { Configuration } from "./contract.ts";
import { configurationLines, missingLines, ratioOf, shownRatio, type StartedPair } from "./peers.ts";

/** Of the open loop, requests/s. */
export const RATE = 1_000;
const TARGET =
  "targets for meshctl: CPU ≤ 1.5 × HAProxy with HTTP/2 at 32 connections and ≤ 1.2 × at 200 (stretch 1.0), ≤ 0.8 × HAProxy with HTTP/1.1; added p50 and p99 ≤ 1.5 × HAProxy with HTTP/2";

export interface LoadFigures {
  readonly connections: number;
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly p50Us: number[];
  readonly p99Us: number[];
  errors: number;
}

export interface LatencyFigures {
  readonly p50Us: number[];
  readonly p95Us: number[];
  readonly p99Us: number[];
  readonly sentLateP50Us: number[];
  errors: number;
}

export interface Series extends StartedPair {
  readonly loads: readonly LoadFigures[];
  readonly latency: LatencyFigures;
}

/** Prints both tables, and what each pair was set to. */
export async function reportPair(
  series: readonly Series[],
  direct: LatencyFigures,
  missing: readonly string[],
  options: BenchOptions,
): Promise<Findings> {
  const pairs = await Promise.all(
    series.map(async (each) => ({ ...each, name: each.peer.name, configuration: await each.running.configuration() })),
  );
  const loads = loadFindings(pairs);
  const latencies = latencyFindings(pairs, direct);
  console.log(
    `HTTP/1.1 through a pair of proxies, mutual TLS 1.3 between them; ${options.runs} interleaved runs of ${options.seconds} s, median (min–max)`,
  );
  console.log(`${machineLine()}; wrk, keep-alive, backend nginx with 82 bytes`);
  console.log(`${options.command}\n`);
  const header = ["pair", "conns", "CPU µs/request", "× HAProxy h2", "× HAProxy h1", "requests/s", "p99 ms", "errors"];
  console.log(`${formatTable([header, ...loads.map(loadRow)])}\n`);
  console.log(`Open loop, ${RATE} requests/s on 32 connections, from the instant each request was due; added: beyond the backend alone`);
  const latencyHeader = ["pair", "p50 ms", "p95 ms", "p99 ms", "errors", "added p50 × HAProxy h2", "added p99 × HAProxy h2"];
  const alone = { pair: null, ...spreads(direct), ratioOfAddedP50: null, ratioOfAddedP99: null };
  console.log(`${formatTable([latencyHeader, ...[alone, ...latencies].map(latencyRow)])}\n`);
  for (const each of pairs) for (const line of configurationLines(each)) console.log(line);
  for (const line of missingLines(missing)) console.log(line);
  console.log(`${TARGET}\n`);
  return {
    missing,
    openLoopRate: RATE,
    backendAlone: spreads(direct),
    results: pairs.map((pair) => ({
      name: pair.name,
      version: pair.version,
      configuration: pair.configuration,
      residentMib: pair.running.pids.map(residentMib),
      loads: loads.filter((each) => each.pair === pair).map(({ pair: _pair, ...figures }) => figures),
      openLoop: latencies.filter((each) => each.pair === pair).map(({ pair: _pair, ...figures }) => figures)[0],
    })),
  };
}

interface ReportedPair extends Series {
  readonly name: string;
  readonly configuration: Configuration;
}

const OVER_H2 = "HAProxy, HTTP/2";
const OVER_H1 = "HAProxy, HTTP/1.1";

/** One for each pair and number of connections, ordered by the latter. */
function loadFindings(pairs: readonly ReportedPair[]) {
  const median = (name: string, index: number): number | undefined => {
    const found = pairs.find((pair) => pair.name === name)?.loads[index];
    return found && spreadOf(found.cpuUs).median;
  };
  const counts = pairs[0]?.loads.map(({ connections }) => connections) ?? [];
  return counts.flatMap((connections, index) =>
    pairs.map((pair) => {
      const figures = pair.loads[index] as LoadFigures;
      const cpuUs = spreadOf(figures.cpuUs);
      return {
        pair,
        connections,
        cpuUsPerRequest: cpuUs,
        requestsPerSecond: spreadOf(figures.perSecond),
        p50Us: spreadOf(figures.p50Us),
        p99Us: spreadOf(figures.p99Us),
        errors: figures.errors,
        ratioToHaproxyH2: ratioOf(cpuUs.median, median(OVER_H2, index), pair.configuration),
        ratioToHaproxyH1: ratioOf(cpuUs.median, median(OVER_H1, index), pair.configuration),
      };
    }),
  );
}

function loadRow(found: ReturnType<typeof loadFindings>[number]): string[] {
  const { configuration } = found.pair;
  return [
    found.pair.name,
    String(found.connections),
    formatSpread(found.cpuUsPerRequest, 1),
    shownRatio(found.ratioToHaproxyH2, configuration),
    shownRatio(found.ratioToHaproxyH1, configuration),
    formatSpread(found.requestsPerSecond, 0),
    (found.p99Us.median / 1e3).toFixed(1),
    String(found.errors),
  ];
}

function latencyFindings(pairs: readonly ReportedPair[], direct: LatencyFigures) {
  const base = spreads(direct);
  const added = (figures: LatencyFigures) => {
    const { p50Us, p99Us } = spreads(figures);
    return { p50: p50Us.median - base.p50Us.median, p99: p99Us.median - base.p99Us.median };
  };
  const reference = pairs.find(({ name }) => name === OVER_H2);
  const referenceAdded = reference && added(reference.latency);
  return pairs.map((pair) => ({
    pair,
    ...spreads(pair.latency),
    ratioOfAddedP50: ratioOf(added(pair.latency).p50, referenceAdded?.p50, pair.configuration),
    ratioOfAddedP99: ratioOf(added(pair.latency).p99, referenceAdded?.p99, pair.configuration),
  }));
}

type LatencyFound = Omit<ReturnType<typeof latencyFindings>[number], "pair"> & { readonly pair: ReportedPair | null };

function latencyRow({ pair, p50Us, p95Us, p99Us, errors, ratioOfAddedP50, ratioOfAddedP99 }: LatencyFound): string[] {
  return [
    pair?.name ?? "backend alone",
    ...[p50Us, p95Us, p99Us].map(inMs),
    String(errors),
    ...[ratioOfAddedP50, ratioOfAddedP99].map((ratio) => (pair === null ? "" : shownRatio(ratio, pair.configuration))),
  ];
}

function spreads({ p50Us, p95Us, p99Us, sentLateP50Us, errors }: LatencyFigures) {
  return { p50Us: spreadOf(p50Us), p95Us: spreadOf(p95Us), p99Us: spreadOf(p99Us), sentLateP50Us: spreadOf(sentLateP50Us), errors };
}

function inMs({ median, min, max }: Spread): string {
  return formatSpread({ median: median / 1e3, min: min / 1e3, max: max / 1e3 }, 2);
}
