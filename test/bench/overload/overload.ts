/**
 * R7: a pair of sidecars at twice the rate it can carry, and what becomes of it afterwards. The proxies have one
 * core, load and backend the other.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runWrk } from "../load/wrk.ts";
import { machineLine } from "../machine.ts";
import { fullPair } from "../mesh/our-pair.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE, PROXY_CORE, WARM_UP_SECONDS } from "../options.ts";
import { versionOf, watched } from "../peer.ts";
import { cpuMicroseconds, residentMib } from "../process-cpu.ts";
import { formatTable } from "../table.ts";
import { type Answers, type Slot, summed } from "./slots.ts";

const SURGE = fileURLToPath(new URL("./surge.mjs", import.meta.url));
const PATH = "/items?page=1";
const PEAK_CONNECTIONS = [64, 512] as const;
/** So many requests can be with the proxies at a time; beyond that they wait at the callers. */
const CONNECTIONS = 4_000;
const CALM = 0.4;
const CALM_SECONDS = 3;
const AFTER_SECONDS = 7;
const SURGES = [2, 1.2] as const;
const MEMORY_EVERY_MS = 250;

interface SurgeResult {
  readonly slotMs: number;
  readonly unanswered: number;
  readonly generatorCores: number;
  readonly slots: readonly Slot[];
}

export async function benchOverload(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || versionOf("nginx", ["-v"]) === null) {
    console.error("overload: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const peer = fullPair(() => options.nodeFlags);
  if (peer.version() === null) {
    console.error("overload: there is no built proxy (run npm run build)");
    return null;
  }
  const backend = await startBackend(options.folder, LOAD_CORE);
  const pair = await peer.start(options.folder, backend.port, PROXY_CORE);
  try {
    const url = `http://127.0.0.1:${pair.port}${PATH}`;
    await runWrk(url, PEAK_CONNECTIONS[0], WARM_UP_SECONDS, LOAD_CORE);
    let peak = 0;
    for (const connections of PEAK_CONNECTIONS) {
      const { requests, seconds } = await runWrk(url, connections, options.seconds, LOAD_CORE);
      peak = Math.max(peak, requests / seconds);
    }
    console.log(`Overload of a pair of sidecars\n${machineLine()}\n${options.command}\n`);
    console.log(`peak, ${PEAK_CONNECTIONS.join(" or ")} connections that wait for their answers: ${peak.toFixed(0)} requests/s`);
    const surges = [];
    for (const factor of SURGES) surges.push(await surge(pair.port, pair.pids, peak, factor, options));
    console.log(formatTable([HEADER, ...surges.map(row)]));
    const { lines } = await pair.configuration();
    for (const line of lines) console.log(line);
    return { peakPerSecond: peak, surges };
  } finally {
    await pair.stop();
    await backend.stop();
  }
}

/** What a surge did. */
interface Surge {
  readonly factor: number;
  readonly offeredPerSecond: number;
  readonly goodputPerSecond: number;
  readonly goodputShare: number;
  readonly during: Answers;
  readonly recoveryMs: number;
  /** Cores that the proxies and the generator used while it lasted. Where the generator comes near 1, it is what was measured. */
  readonly cores: { readonly proxies: number; readonly generator: number };
  readonly memoryMib: { readonly before: number; readonly most: number };
}

async function surge(port: number, pids: readonly number[], peak: number, factor: number, options: BenchOptions): Promise<Surge> {
  const memory = (): number => pids.reduce((sum, pid) => sum + residentMib(pid), 0);
  const before = memory();
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, memory());
  }, MEMORY_EVERY_MS);
  const seconds = options.seconds * 2;
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0);
  let proxiesUs = 0;
  const opened = (): void => {
    setTimeout(() => (proxiesUs -= cpu()), CALM_SECONDS * 1_000);
    setTimeout(() => (proxiesUs += cpu()), (CALM_SECONDS + seconds) * 1_000);
  };
  const phases = [`${peak * CALM}:${CALM_SECONDS}`, `${peak * factor}:${seconds}`, `${peak * CALM}:${AFTER_SECONDS}`];
  const { slots, slotMs, generatorCores } = await runSurge(port, phases, opened);
  clearInterval(watching);
  const first = (CALM_SECONDS * 1_000) / slotMs;
  const last = first + (seconds * 1_000) / slotMs;
  const during = summed(slots.slice(first, last));
  const goodput = during.ok / seconds;
  return {
    factor,
    offeredPerSecond: during.due / seconds,
    goodputPerSecond: goodput,
    goodputShare: goodput / peak,
    during,
    recoveryMs: recoveryMs(slots.slice(last), slotMs, summed(slots.slice(1, first))),
    cores: { proxies: proxiesUs / seconds / 1e6, generator: generatorCores },
    memoryMib: { before, most },
  };
}

/** Until the first slot after which nothing is turned away and answers are as quick as before, give or take. */
function recoveryMs(after: readonly Slot[], slotMs: number, calm: Answers): number {
  const quickMs = Math.max(50, 3 * (calm.okP99Ms ?? 0));
  const bad = after.findLastIndex(
    ({ due, ok, shed, broken, okMs }) => due > 0 && (ok === 0 || shed > 0 || broken > 0 || (okMs.p99 ?? 0) > quickMs),
  );
  return (bad + 1) * slotMs;
}

async function runSurge(port: number, phases: readonly string[], opened: () => void): Promise<SurgeResult> {
  const args = ["-c", String(LOAD_CORE), process.execPath, SURGE, String(port), PATH, String(CONNECTIONS), ...phases];
  const child = watched(spawn("taskset", args, { stdio: ["ignore", "pipe", "inherit", "ipc"] }));
  child.once("message", opened);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(text) as SurgeResult;
}

const HEADER = [
  "offered",
  "× peak",
  "200/s",
  "of peak",
  "503/s",
  "503 p50 ms",
  "p99",
  "max",
  "max since sent",
  "200 p99 ms",
  "other",
  "gave up",
  "broken",
  "connections",
  "MiB before",
  "most",
  "normal after ms",
  "cores: proxies",
  "load",
];

function row({
  factor,
  offeredPerSecond,
  goodputPerSecond,
  goodputShare,
  during,
  recoveryMs: recovery,
  memoryMib,
  cores,
}: Surge): string[] {
  const { shed, seconds, shedP50Ms, shedP99Ms, shedMaxMs, shedSentMaxMs, okP99Ms, other, gaveUp, broken, open } = during;
  return [
    `${offeredPerSecond.toFixed(0)}/s`,
    factor.toFixed(1),
    goodputPerSecond.toFixed(0),
    `${(100 * goodputShare).toFixed(0)} %`,
    (shed / seconds).toFixed(0),
    ms(shedP50Ms),
    ms(shedP99Ms),
    ms(shedMaxMs),
    ms(shedSentMaxMs),
    ms(okP99Ms),
    String(other),
    String(gaveUp),
    String(broken),
    String(open),
    memoryMib.before.toFixed(0),
    memoryMib.most.toFixed(0),
    String(recovery),
    cores.proxies.toFixed(2),
    cores.generator.toFixed(2),
  ];
}

function ms(value: number | null): string {
  return value === null ? "-" : value.toFixed(0);
}
