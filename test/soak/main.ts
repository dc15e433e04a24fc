/**
 * `npm run soak -- --minutes N`: mixed traffic through two built sidecars at a modest rate, with reconnects, cancellations and leaves that
 * rotate all the time. Ends with a table, and with 1 when an exchange failed or a proxy's memory or descriptors did not stay where they were.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { formatTable } from "../bench/table.ts";
import { GrpcTestServer } from "../support/grpc/server.ts";
import { HttpApp } from "../support/http/app.ts";
import { startMesh } from "../support/mesh.ts";
import { type Pair, startPair } from "../support/pair.ts";
import { descriptorCount, residentBytes } from "../support/process-memory.ts";
import { grpcLoad, http1Load, http2Load, tcpLoad, webSocketLoad } from "../support/soak/loads.ts";
import { judge, type Sample } from "../support/soak/steady.ts";
import { Tally } from "../support/soak/tally.ts";
import { drive, type Load } from "../support/soak/worker.ts";
import { WebSocketApp } from "../support/websocket/server.ts";

const USAGE = "npm run soak -- [--minutes N]   (default 60, at least 0.5; short runs warm up for a minute before)";
const MIB = 1_024 * 1_024;
const SAMPLES = 600;
const WARM_UP_SECONDS = 60;
const LONG_SECONDS = 600;
const PROXIES = ["outbound", "inbound"];

const cleanups: (() => unknown)[] = [];

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
  const minutes = Number(values.minutes);
  if (!(minutes >= 0.5)) {
    console.error(USAGE);
    return 2;
  }
  const seconds = minutes * 60;
  // The heap of a young process grows to its working size; in a long run that is over within the first fifth.
  const warmUpSeconds = seconds >= LONG_SECONDS ? 0 : WARM_UP_SECONDS;
  // Six generations within the run, none shorter than a renewal takes.
  const leafSeconds = Math.max(20, Math.min(600, Math.round(seconds / 3)));
  const mesh = await startMesh(
    { after: (cleanup) => void cleanups.push(cleanup as () => unknown) },
    { MESHCTL_LEAF_TTL_SECONDS: String(leafSeconds) },
  );
  const { pair, loads } = await startTraffic(mesh);
  const warmUp = warmUpSeconds === 0 ? "" : ` after ${warmUpSeconds} s of warm-up, in which failures count and memory does not`;
  console.log(
    `${minutes} minutes${warmUp}; leaves live ${leafSeconds} s; ${loads.map(({ kind, workers }) => `${workers} × ${kind}`).join(", ")}`,
  );

  const tally = new Tally();
  const samples: Sample[][] = PROXIES.map(() => []);
  const measured = performance.now() + warmUpSeconds * 1_000;
  const until = measured + seconds * 1_000;
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (stopped = true));
  const sampler = setInterval(
    () => {
      if (performance.now() < measured) return;
      for (const [at, pid] of pair.proxyPids.entries())
        samples[at]?.push({ residentBytes: residentBytes(pid), descriptors: descriptorCount(pid) });
    },
    Math.max(200, (seconds * 1_000) / SAMPLES),
  );
  await Promise.all(loads.map((load) => drive(load, tally, () => !stopped && performance.now() < until)));
  clearInterval(sampler);
  if (stopped) {
    console.log("cut short");
    return 130;
  }
  return report(tally, samples, warmUpSeconds + seconds);
}

async function startTraffic(mesh: Parameters<typeof startPair>[0]): Promise<{ pair: Pair; loads: readonly Load[] }> {
  const [classic, modern, calls, sockets] = [new HttpApp(1), new HttpApp(2), new GrpcTestServer(), new WebSocketApp()];
  const echo = createServer((socket) => void socket.on("error", () => {}).pipe(socket));
  cleanups.push(() => {
    for (const app of [classic, modern, calls, sockets, echo]) app.close();
  });
  const pair = await startPair(mesh, [
    { name: "classic", protocol: "http", listen: (port) => classic.listen(port) },
    { name: "modern", protocol: "http2", listen: (port) => modern.listen(port) },
    { name: "calls", protocol: "grpc", listen: (port) => calls.listen(port) },
    { name: "sockets", protocol: "http", listen: (port) => sockets.listen(port) },
    { name: "echo", protocol: "tcp", listen: (port) => once(echo.listen(port, "127.0.0.1"), "listening") },
  ]);
  return {
    pair,
    loads: [
      http1Load("HTTP/1.1", pair.port("classic")),
      http2Load("HTTP/2", pair.port("modern")),
      grpcLoad("gRPC", pair.port("calls")),
      webSocketLoad("WebSocket", pair.port("sockets")),
      tcpLoad("TCP", pair.port("echo")),
    ],
  };
}

/** Prints the tables; 0 when all is well. */
function report(tally: Tally, samples: readonly (readonly Sample[])[], seconds: number): number {
  const kinds = [...tally.counts].map(([kind, { done, cancelled, connections, failed }]) =>
    [kind, done, (done / seconds).toFixed(1), cancelled, connections, failed].map(String),
  );
  console.log(`${formatTable([["KIND", "DONE", "PER_S", "CANCELLED", "CONNECTIONS", "FAILED"], ...kinds])}\n`);
  const rows = [["PROXY", "MIB_2ND_FIFTH", "MIB_LAST_FIFTH", "RATIO", "FDS_2ND_FIFTH", "FDS_LAST_FIFTH", "STEADY"]];
  let steady = true;
  for (const [at, name] of PROXIES.entries()) {
    const { memory, descriptors } = judge(samples[at] ?? []);
    const good = memory.steady && descriptors.steady;
    steady &&= good;
    const [second, last] = [memory.second / MIB, memory.last / MIB];
    const open = [descriptors.second, descriptors.last].map(String);
    rows.push([name, second.toFixed(1), last.toFixed(1), (last / second).toFixed(3), ...open, good ? "yes" : "NO"]);
  }
  console.log(formatTable(rows));
  for (const error of tally.errors) console.log(error);
  const silent = [...tally.counts].filter(([, { done }]) => done === 0).map(([kind]) => kind);
  const well = steady && tally.failures === 0 && silent.length === 0;
  console.log(
    well
      ? "\nsteady, 0 failures"
      : `\nnot well: ${tally.failures} failures, ${steady ? "steady" : "not steady"}${silent.map((kind) => `, no ${kind}`).join("")}`,
  );
  return well ? 0 : 1;
}

let code = 70;
try {
  code = await main();
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
process.exit(code);
