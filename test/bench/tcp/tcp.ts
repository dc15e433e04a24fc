/** Bytes through the pair: opaque TCP, and HTTP bodies of 1 MiB down and up. What counts is bytes for each second of CPU. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { runWrk } from "../load/wrk.ts";
import { machineLine } from "../machine.ts";
import { fullPair, ourPair } from "../mesh/our-pair.ts";
import { profileOurs } from "../mesh/profile-pair.ts";
import { askSampled } from "../mesh/sampled-request.ts";
import { runNginx } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE } from "../options.ts";
import { versionOf } from "../peer.ts";
import type { NodeFlags, PairPeer, RunningPair } from "../pair/contract.ts";
import { HAPROXY_H1, HAPROXY_H2, HAPROXY_TCP, haproxyPair } from "../pair/haproxy.ts";
import { nginxPair } from "../pair/nginx.ts";
import { nodePair } from "../pair/node.ts";
import { configurationLines, missingLines, ours, ratioOf, ratioText, startPairs } from "../pair/peers.ts";
import { cpuOfAll } from "../process-cpu.ts";
import { formatSpread, formatTable, type Spread, spreadOf } from "../table.ts";

const MIB = 1024 * 1024;
const CONNECTIONS = 8;

/** One way of sending bytes, on the pairs that can. */
interface Way {
  readonly name: string;
  /** Peers this way is measured on. */
  readonly peers: readonly string[];
  readonly path: string;
  /** wrk's script, or none. */
  readonly script: string | null;
}

const DOWN = "1 MiB answers";
const UP = "1 MiB requests";
const HTTP_PEERS = ["HAProxy, HTTP/2", "HAProxy, HTTP/1.1", "nginx, HTTP/1.1", "meshctl", "node:http + node:http2"];
const TCP_PEERS = ["HAProxy, TCP", "meshctl, TCP"];

/** Opaque bytes: routes and rules do not apply to them. */
function ourTcp(nodeFlags: NodeFlags): PairPeer {
  const peer = ourPair({ name: "meshctl, TCP", nodeFlags, protocol: "tcp", routes: [], policies: [] });
  return {
    ...peer,
    start: async (...args) => {
      const running = await peer.start(...args);
      const configuration = async () => {
        const { lines } = await running.configuration();
        // No request, no route: what is left of the features is metrics, read as for HTTP.
        return { lines: lines.filter((line) => !line.startsWith("routes:")), off: [] };
      };
      return { ...running, configuration };
    },
  };
}

export async function benchTcp(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || nginxPair.version() === null) {
    console.error("tcp: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const post = join(options.folder, "post.lua");
  writeFileSync(post, `wrk.method = "POST"\nwrk.body = string.rep("x", ${MIB})\n`);
  const ways: readonly Way[] = [
    { name: `opaque TCP, ${DOWN}`, peers: TCP_PEERS, path: "/big", script: null },
    { name: `opaque TCP, ${UP}`, peers: TCP_PEERS, path: "/", script: post },
    { name: `HTTP, ${DOWN}`, peers: HTTP_PEERS, path: "/big", script: null },
    { name: `HTTP, ${UP}`, peers: HTTP_PEERS, path: "/", script: post },
  ];
  const backend = await startBigBackend(options.folder);
  const connections = options.connections?.[0] ?? CONNECTIONS;
  if (options.profile) {
    const load = async ({ port }: RunningPair): Promise<string> => {
      const { requests, seconds } = await runWrk(`http://127.0.0.1:${port}/big`, connections, options.seconds, LOAD_CORE);
      return `${(requests / seconds).toFixed(0)} MiB/s`;
    };
    try {
      return {
        opaque: await profileOurs("tcp", options, backend.port, ourTcp, load),
        http: await profileOurs("bodies", options, backend.port, fullPair, load),
      };
    } finally {
      await backend.stop();
    }
  }
  const peers = [
    haproxyPair(HAPROXY_TCP),
    ourTcp(() => options.nodeFlags),
    haproxyPair(HAPROXY_H2),
    haproxyPair(HAPROXY_H1),
    nginxPair,
    ours(options),
    nodePair,
  ];
  const started = await startPairs(peers, backend.port, options);
  try {
    const series = started.pairs.flatMap((pair) =>
      ways
        .filter((way) => way.peers.includes(pair.peer.name))
        .map((way) => ({ pair, way, mibPerCpuSecond: [] as number[], mibPerSecond: [] as number[], errors: 0 })),
    );
    for (let run = 0; run <= options.runs; run += 1) {
      for (const way of ways) {
        for (const each of series.filter((one) => one.way === way)) {
          const before = cpuOfAll(each.pair.running.pids);
          const url = `http://127.0.0.1:${each.pair.running.port}${way.path}`;
          const result = await runWrk(url, connections, options.seconds, LOAD_CORE, way.script);
          each.errors += result.errors;
          // The first round warms up; an answer that failed had no body.
          if (run === 0 || result.requests === 0 || result.errors > 0) continue;
          each.mibPerCpuSecond.push((result.requests * 1e6) / (cpuOfAll(each.pair.running.pids) - before));
          each.mibPerSecond.push(result.requests / result.seconds);
        }
      }
    }
    console.log(
      `Bytes through a pair of proxies, mutual TLS 1.3 between them; ${options.runs} interleaved runs of ${options.seconds} s, median (min–max)`,
    );
    console.log(`${machineLine()}; wrk with ${connections} connections, backend nginx; each request or answer has a body of 1 MiB`);
    console.log(`${options.command}\n`);
    for (const { peer, running } of started.pairs) if (HTTP_PEERS.includes(peer.name)) await askSampled(running.port, "/big");
    const configured = new Map(await Promise.all(started.pairs.map(async (pair) => [pair, await pair.running.configuration()] as const)));
    const results = ways.flatMap((way) => {
      const own = series.filter((one) => one.way === way);
      const references = own.filter(({ pair }) => pair.peer.name.startsWith("HAProxy")).map((one) => spreadOf(one.mibPerCpuSecond).median);
      const base = references.length > 0 ? Math.max(...references) : undefined;
      return own.map((each) => {
        const configuration = configured.get(each.pair) ?? { lines: [], off: ["configuration"] };
        const perCpu = spreadOf(each.mibPerCpuSecond);
        return {
          way: way.name,
          name: each.pair.peer.name,
          mibPerCpuSecond: perCpu,
          mibPerSecond: spreadOf(each.mibPerSecond),
          errors: each.errors,
          ratioToBestHaproxy: ratioOf(perCpu.median, base, configuration),
          ratioText: ratioText(perCpu.median, base, configuration),
        };
      });
    });
    const gib = (spread: Spread): string => formatSpread(scaled(spread, 1 / 1024), 2);
    const rows = results.map((each) => [
      each.way,
      each.name,
      gib(each.mibPerCpuSecond),
      each.ratioText,
      gib(each.mibPerSecond),
      String(each.errors),
    ]);
    console.log(formatTable([["what", "pair", "GiB/CPU s", "× best HAProxy", "GiB/s", "errors"], ...rows]));
    for (const [{ peer, version }, configuration] of configured) {
      for (const line of configurationLines({ name: peer.name, version, configuration })) console.log(line);
    }
    for (const line of missingLines(started.missing)) console.log(line);
    console.log("target for meshctl: ≥ 0.8 × HAProxy's bytes per CPU second\n");
    return {
      connections,
      missing: started.missing,
      configurations: Object.fromEntries([...configured].map(([{ peer }, configuration]) => [peer.name, configuration])),
      results,
    };
  } finally {
    await started.stop();
    await backend.stop();
  }
}

function scaled({ median, min, max }: Spread, by: number): Spread {
  return { median: median * by, min: min * by, max: max * by };
}

/** A file of 1 MiB under /big, and any body taken whole and answered 204. */
async function startBigBackend(folder: string) {
  const root = join(folder, "www");
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, "big"), Buffer.alloc(MIB, "x"));
  const [port, sink] = [await freePort(), await freePort()];
  // A plain `return` answers before the body has arrived, and proxies then give their connections up.
  return runNginx(
    join(folder, "big-backend"),
    LOAD_CORE,
    `client_max_body_size 16m; client_body_buffer_size 2m;
  upstream sink { server 127.0.0.1:${sink}; keepalive 64; }
  server { listen 127.0.0.1:${sink}; location / { return 204; } }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /big { root ${root}; sendfile on; tcp_nopush on; }
    location / { proxy_pass http://sink; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_body off; proxy_set_header Content-Length ""; }
  }`,
    port,
  );
}
