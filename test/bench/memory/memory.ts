/** Resident memory of each proxy: idle, with idle connections, and after load. */
import { join } from "node:path";
import { openIdle } from "../load/idle-client.ts";
import { runWrk } from "../load/wrk.ts";
import { machineLine } from "../machine.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE, PROXY_CORE } from "../options.ts";
import type { ClientTls, Configuration, PairPeer, RunningPair } from "../pair/contract.ts";
import { HAPROXY_H2, haproxyPair } from "../pair/haproxy.ts";
import { nginxPair } from "../pair/nginx.ts";
import { configurationLines, missingLines, ours, wantedOf } from "../pair/peers.ts";
import { versionOf } from "../peer.ts";
import { residentMib } from "../process-cpu.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";

const IDLE_CONNECTIONS = 1_000;
const LOAD_CONNECTIONS = 200;
/** Memory is read when it has not moved by more than 1 % for so long. */
const STEADY_MS = 1_000;
const STEADY_LIMIT_MS = 6_000;

/** MiB, or KiB for each connection; one entry for each fresh start. */
interface Figures {
  readonly idleFirst: number[];
  readonly idleSecond: number[];
  readonly perPlainKib: number[];
  readonly perTlsKib: number[];
  readonly afterLoadFirst: number[];
  readonly afterLoadSecond: number[];
}

export async function benchMemory(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || nginxPair.version() === null) {
    console.error("memory: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const backend = await startBackend(options.folder, LOAD_CORE);
  try {
    const count = options.connections?.[0] ?? IDLE_CONNECTIONS;
    const wanted = wantedOf([haproxyPair(HAPROXY_H2), nginxPair, ours(options)], options);
    const missing = wanted.filter((peer) => peer.version() === null).map(({ name }) => name);
    const series = wanted
      .filter(({ name }) => !missing.includes(name))
      .map((peer) => ({ peer, figures: noFigures(), configuration: null as Configuration | null }));
    for (let run = 0; run < options.runs; run += 1) {
      for (const each of series) {
        const folder = join(options.folder, `memory-${run}-${series.indexOf(each)}`);
        each.configuration = await measure(each.peer, each.figures, { folder, backendPort: backend.port, count, seconds: options.seconds });
      }
    }
    const results = series.map(({ peer, figures, configuration }) => ({
      name: peer.name,
      version: peer.version() ?? "",
      configuration: configuration as Configuration,
      figures: Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, spreadOf(values as number[])])),
    }));
    console.log(`Resident memory of each proxy of a pair; ${options.runs} fresh starts, median (min–max)`);
    console.log(
      `${machineLine()}; ${count} idle connections that have asked once; load: wrk, ${LOAD_CONNECTIONS} connections, ${options.seconds} s`,
    );
    console.log(`${options.command}\n`);
    const names = ["idleFirst", "idleSecond", "perPlainKib", "perTlsKib", "afterLoadFirst", "afterLoadSecond"] as const;
    const header = ["pair", "idle MiB, A", "B", "KiB/plain conn, A", "KiB/TLS conn, B", "after load MiB, A", "B"];
    const rows = series.map(({ peer, figures }) => [peer.name, ...names.map((name) => formatSpread(spreadOf(figures[name]), 1))]);
    console.log(formatTable([header, ...rows]));
    console.log("A: the caller's proxy; B: the called one's");
    for (const each of results) for (const line of configurationLines(each)) console.log(line);
    for (const line of missingLines(missing)) console.log(line);
    console.log("targets for meshctl: ≤ 60 MiB idle; ≤ 16 KiB for a plain connection, ≤ 64 (Node 20) or 96 KiB (Node 24) for a TLS one\n");
    return { connections: count, missing, results };
  } finally {
    await backend.stop();
  }
}

const noFigures = (): Figures => ({
  idleFirst: [],
  idleSecond: [],
  perPlainKib: [],
  perTlsKib: [],
  afterLoadFirst: [],
  afterLoadSecond: [],
});

interface Start {
  readonly folder: string;
  readonly backendPort: number;
  readonly count: number;
  readonly seconds: number;
}

/** One fresh start, so that nothing measured before is in it. */
async function measure(peer: PairPeer, figures: Figures, start: Start): Promise<Configuration> {
  const pair = await peer.start(start.folder, start.backendPort, PROXY_CORE);
  try {
    const [first, second] = pair.pids as readonly [number, number];
    figures.idleFirst.push(await steadyMib(first));
    figures.idleSecond.push(await steadyMib(second));
    figures.perPlainKib.push(await perConnectionKib(first, pair.port, null, start.count));
    figures.perTlsKib.push(await perConnectionKib(second, pair.between.port, pair.between.tls, start.count));
    await load(pair, start.seconds);
    figures.afterLoadFirst.push(await steadyMib(first));
    figures.afterLoadSecond.push(await steadyMib(second));
    return await pair.configuration();
  } finally {
    await pair.stop();
  }
}

async function perConnectionKib(pid: number, port: number, tls: ClientTls | null, count: number): Promise<number> {
  // The first connection pays for what all of them share: code that runs for the first time.
  await (await openIdle(port, 1, tls, LOAD_CORE)).close();
  const before = await steadyMib(pid);
  const idle = await openIdle(port, count, tls, LOAD_CORE);
  try {
    const after = await steadyMib(pid);
    if (idle.opened === 0) throw new Error(`no connection to port ${port} stands`);
    return ((after - before) * 1_024) / idle.opened;
  } finally {
    await idle.close();
  }
}

async function load({ port }: RunningPair, seconds: number): Promise<void> {
  await runWrk(`http://127.0.0.1:${port}/items?page=1`, LOAD_CONNECTIONS, seconds, LOAD_CORE);
}

/** Resident memory once it stands still. */
async function steadyMib(pid: number): Promise<number> {
  const limit = Date.now() + STEADY_LIMIT_MS;
  let value = residentMib(pid);
  let since = Date.now();
  while (Date.now() - since < STEADY_MS && Date.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = residentMib(pid);
    if (Math.abs(now - value) > value / 100) {
      value = now;
      since = Date.now();
    }
  }
  return residentMib(pid);
}
