/** Unary gRPC calls through a pair: CPU for each call. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { type H2loadResult, runH2load } from "../load/h2load.ts";
import { machineLine } from "../machine.ts";
import { profileOurs } from "../mesh/profile-pair.ts";
import { type BenchOptions, type Findings, LOAD_CORE } from "../options.ts";
import { HAPROXY_GRPC, haproxyPair } from "../pair/haproxy.ts";
import { configurationLines, missingLines, ratioOf, ratioText, startPairs } from "../pair/peers.ts";
import { spawnPinned, stopChild, untilAccepts, versionOf } from "../peer.ts";
import { cpuOfAll } from "../process-cpu.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";
import { nginxGrpc, nodeGrpc, ourGrpc } from "./peers.ts";

/** The name ends in the extension that makes the backend call it application/grpc. */
const METHOD = "/bench.Echo/Say.unary";
const HEADERS = ["content-type: application/grpc", "te: trailers"];
const FIRST_CALLS = 1_000;
const PROFILED_CALLS = 5_000;
/** Calls under way: connections × streams. */
const SHAPES = [
  { connections: 8, streams: 4 },
  { connections: 20, streams: 10 },
] as const;

export async function benchGrpc(options: BenchOptions): Promise<Findings | null> {
  const tools = ["h2load", "nghttpd"].filter((tool) => versionOf(tool, ["--version"]) === null);
  if (tools.length > 0) {
    console.error(`grpc: ${tools.join(" and ")} missing (Debian packages nghttp2-client, nghttp2-server): nothing can be measured`);
    return null;
  }
  const body = join(options.folder, "call");
  // A message of 32 bytes: not compressed, length, content.
  writeFileSync(body, Buffer.concat([Buffer.from([0, 0, 0, 0, 32]), Buffer.alloc(32, "x")]));
  const backend = await startGrpcBackend(options.folder);
  const shapes = options.connections?.map((connections) => ({ connections, streams: 1 })) ?? SHAPES;
  const call = (port: number, shape: (typeof shapes)[number], calls: number): Promise<H2loadResult> =>
    runH2load({ url: `http://127.0.0.1:${port}${METHOD}`, ...shape, calls, body, headers: HEADERS, core: LOAD_CORE });
  if (options.profile) {
    try {
      return await profileOurs("grpc", options, backend.port, ourGrpc, async ({ port }) => {
        const counts: string[] = [];
        for (const shape of shapes) {
          const { succeeded, seconds } = await call(port, shape, PROFILED_CALLS * options.seconds);
          counts.push(`${(succeeded / seconds).toFixed(0)} calls/s`);
        }
        return counts.join(", ");
      });
    } finally {
      await backend.stop();
    }
  }
  const peers = [nginxGrpc, haproxyPair(HAPROXY_GRPC), ourGrpc(() => options.nodeFlags), nodeGrpc];
  const started = await startPairs(peers, backend.port, options);
  try {
    const series = started.pairs.flatMap((pair) =>
      shapes.map((shape) => ({ pair, shape, cpuUs: [] as number[], perSecond: [] as number[], errors: 0, calls: FIRST_CALLS })),
    );
    for (let run = 0; run <= options.runs; run += 1) {
      for (const shape of shapes) {
        for (const each of series.filter((one) => one.shape === shape)) {
          const { pids, port } = each.pair.running;
          const before = cpuOfAll(pids);
          const result = await call(port, shape, each.calls);
          each.errors += result.errors;
          // The first round warms up, and says how many calls make a run as long as it should be.
          if (run === 0) each.calls = Math.max(FIRST_CALLS, Math.round((result.succeeded / result.seconds) * options.seconds));
          if (run === 0 || result.succeeded === 0) continue;
          each.cpuUs.push((cpuOfAll(pids) - before) / result.succeeded);
          each.perSecond.push(result.succeeded / result.seconds);
        }
      }
    }
    const configured = new Map(await Promise.all(started.pairs.map(async (pair) => [pair, await pair.running.configuration()] as const)));
    const results = shapes.flatMap((shape) => {
      const own = series.filter((one) => one.shape === shape);
      const median = (name: string): number | undefined => {
        const found = own.find(({ pair }) => pair.peer.name === name);
        return found && spreadOf(found.cpuUs).median;
      };
      const [nginx, node] = [median(nginxGrpc.name), median(nodeGrpc.name)];
      return own.map((each) => {
        const configuration = configured.get(each.pair) ?? { lines: [], off: ["configuration"] };
        const cpuUs = spreadOf(each.cpuUs);
        return {
          name: each.pair.peer.name,
          ...shape,
          cpuUsPerCall: cpuUs,
          callsPerSecond: spreadOf(each.perSecond),
          errors: each.errors,
          ratioToNginx: ratioOf(cpuUs.median, nginx, configuration),
          ratioToNode: ratioOf(cpuUs.median, node, configuration),
          shown: [ratioText(cpuUs.median, nginx, configuration), ratioText(cpuUs.median, node, configuration)],
        };
      });
    });
    console.log(
      `Unary gRPC through a pair of proxies, mutual TLS 1.3 between them; ${options.runs} interleaved runs of about ${options.seconds} s, median (min–max)`,
    );
    console.log(`${machineLine()}; h2load, backend nghttpd with a message of 77 bytes and grpc-status in trailers`);
    console.log(`${options.command}\n`);
    const rows = results.map((each) => [
      each.name,
      `${each.connections} × ${each.streams}`,
      formatSpread(each.cpuUsPerCall, 1),
      ...each.shown,
      formatSpread(each.callsPerSecond, 0),
      String(each.errors),
    ]);
    console.log(formatTable([["pair", "conns × calls", "CPU µs/call", "× nginx", "× node:http2", "calls/s", "errors"], ...rows]));
    for (const [{ peer, version }, configuration] of configured) {
      for (const line of configurationLines({ name: peer.name, version, configuration })) console.log(line);
    }
    for (const line of missingLines(started.missing)) console.log(line);
    console.log("targets for meshctl: CPU ≤ 1.0 × nginx, ≤ 0.35 × node:http2\n");
    return {
      missing: started.missing,
      configurations: Object.fromEntries([...configured].map(([{ peer }, configuration]) => [peer.name, configuration])),
      results,
    };
  } finally {
    await started.stop();
    await backend.stop();
  }
}

/** nghttpd answers any call of METHOD with one message, and `grpc-status: 0` behind it. */
async function startGrpcBackend(folder: string) {
  const root = join(folder, "grpc");
  mkdirSync(join(root, "bench.Echo"), { recursive: true });
  writeFileSync(join(root, METHOD), Buffer.concat([Buffer.from([0, 0, 0, 0, 77]), Buffer.alloc(77, "x")]));
  const types = join(folder, "mime.types");
  writeFileSync(types, "application/grpc unary\n");
  const port = await freePort();
  const args = [
    "--no-tls",
    "-a",
    "127.0.0.1",
    "-d",
    root,
    "--mime-types-file",
    types,
    "--trailer",
    "grpc-status: 0",
    "--no-content-length",
  ];
  const child = spawnPinned(LOAD_CORE, "nghttpd", [...args, "-m", "1000", String(port)]);
  await untilAccepts(port);
  return { port, stop: () => stopChild(child) };
}
