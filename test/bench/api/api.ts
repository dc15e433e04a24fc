/** The resource API: 10,000 objects written and listed, and a thousand watchers told of every change. */
import { once } from "node:events";
import { Agent } from "undici";
import { machineLine } from "../machine.ts";
import { type BenchOptions, type Findings, PROXY_CORE } from "../options.ts";
import { watched } from "../peer.ts";
import { cpuMicroseconds, residentMib } from "../process-cpu.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Target, Watchers } from "./watchers.ts";

const OBJECTS = 10_000;
const WATCHERS = 1_000;
const CONCURRENT_WRITES = 32;
const CHANGES = 50;
const TOLD_LIMIT_MS = 30_000;
const PATH = "/api/v1/namespaces/default/configmaps";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

export async function benchApi(options: BenchOptions): Promise<Findings | null> {
  const objects = options.connections === null ? OBJECTS : 200;
  const count = options.connections?.[0] ?? WATCHERS;
  const { server, target } = await start(options);
  const agent = new Agent({ connect: { ca: target.caPem }, connections: CONCURRENT_WRITES });
  const pid = server.pid as number;
  try {
    const call = async (
      method: "GET" | "POST" | "PATCH",
      path: string,
      headers: Record<string, string>,
      body?: string,
    ): Promise<number> => {
      const answer = await agent.request({
        origin: target.url,
        path,
        method,
        headers: { authorization: `Bearer ${target.token}`, ...headers },
        body: body ?? null,
      });
      let bytes = 0;
      for await (const chunk of answer.body) bytes += (chunk as Buffer).length;
      if (answer.statusCode >= 300) throw new Error(`${method} ${path} was answered ${answer.statusCode}`);
      return bytes;
    };
    const emptyMib = residentMib(pid);
    const writesPerSecond = await fill(call, objects);
    const fullMib = residentMib(pid);

    const lists: Record<string, { readonly ms: number[]; bytes: number }> = {};
    for (const [name, headers, more] of [
      ["whole, JSON", {}, ""],
      ["whole, table", { accept: TABLE }, ""],
      ["whole, gzip", { "accept-encoding": "gzip" }, ""],
      ["first page of 500", {}, "?limit=500"],
      ["by label (1 of 100)", {}, "?labelSelector=part%3Dp7"],
    ] as const) {
      const list = (lists[name] = { ms: [] as number[], bytes: 0 });
      for (let run = 0; run < options.runs; run += 1) {
        const started = performance.now();
        list.bytes = await call("GET", PATH + more, headers);
        list.ms.push(performance.now() - started);
      }
    }
    const listedMib = residentMib(pid);

    const watchers = new Watchers();
    await watchers.add(target, `${PATH}?watch=1&allowWatchBookmarks=true&resourceVersion=${await revision(target)}`, count);
    const watchedMib = residentMib(pid);
    const toldMs: number[] = [];
    const cpuBefore = cpuMicroseconds(pid);
    for (let change = 0; change < CHANGES; change += 1) {
      const mark = `m${change}x`;
      const started = performance.now();
      await call("PATCH", `${PATH}/o0`, { "content-type": "application/merge-patch+json" }, JSON.stringify({ data: { mark } }));
      await watchers.allSee(mark, TOLD_LIMIT_MS);
      toldMs.push(performance.now() - started);
    }
    const cpuPerEventUs = (cpuMicroseconds(pid) - cpuBefore) / (CHANGES * count);
    const afterMib = residentMib(pid);
    const { ended } = watchers;
    watchers.close();

    const results = Object.entries(lists).map(([name, { ms, bytes }]) => ({ name, ms: spreadOf(ms), mib: bytes / 1024 / 1024 }));
    console.log(`Resource API: ${objects} ConfigMaps of 1 KiB, ${options.runs} lists each, median (min–max)`);
    console.log(`${machineLine()}`);
    console.log(`${options.command}\n`);
    console.log(
      formatTable([["list", "ms", "MiB sent"], ...results.map(({ name, ms, mib }) => [name, formatSpread(ms, 0), mib.toFixed(2)])]),
    );
    console.log(`\nwrites: ${writesPerSecond.toFixed(0)}/s acknowledged after the disk, ${CONCURRENT_WRITES} at a time`);
    console.log(
      `${count} watchers: change written → seen by all, ms: ${formatSpread(spreadOf(toldMs), 0)}; ${cpuPerEventUs.toFixed(0)} µs CPU an event and watcher; ${ended} ended early`,
    );
    console.log(
      `memory of the process, MiB: ${emptyMib.toFixed(0)} empty, ${fullMib.toFixed(0)} filled, ${listedMib.toFixed(0)} after lists, ` +
        `${watchedMib.toFixed(0)} with ${count} watchers, ${afterMib.toFixed(0)} after ${CHANGES} changes`,
    );
    console.log("target: 10,000 objects listed in less than a second; 1,000 watchers, none of them dropped\n");
    return {
      objects,
      watchers: count,
      writesPerSecond,
      lists: results,
      toldMs: spreadOf(toldMs),
      cpuPerEventUs,
      ended,
      memoryMib: { emptyMib, fullMib, listedMib, watchedMib, afterMib },
    };
  } finally {
    await agent.destroy();
    server.disconnect();
    await once(server, "exit");
  }
}

type Call = (method: "GET" | "POST" | "PATCH", path: string, headers: Record<string, string>, body?: string) => Promise<number>;

async function start({ folder, nodeFlags }: BenchOptions): Promise<{ server: ChildProcess; target: Target }> {
  const script = fileURLToPath(new URL("server.ts", import.meta.url));
  const args = ["-c", String(PROXY_CORE), process.execPath, ...nodeFlags, "--import", "tsx", script, join(folder, "api")];
  const server = watched(spawn("taskset", args, { stdio: ["ignore", "ignore", "inherit", "ipc"] }));
  const [target] = (await once(server, "message")) as [Target];
  return { server, target };
}

/** Objects made in a second. */
async function fill(call: Call, objects: number): Promise<number> {
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < objects) {
      const index = next++;
      const metadata = { name: `o${index}`, labels: { part: `p${index % 100}` } };
      await call("POST", PATH, { "content-type": "application/json" }, JSON.stringify({ metadata, data: { text: "x".repeat(700) } }));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_WRITES }, worker));
  return (objects * 1000) / (performance.now() - started);
}

async function revision({ url, caPem, token }: Target): Promise<string> {
  const agent = new Agent({ connect: { ca: caPem } });
  try {
    const answer = await agent.request({
      origin: url,
      path: `${PATH}?limit=1`,
      method: "GET",
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await answer.body.json()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  } finally {
    await agent.destroy();
  }
}
