/** Full TLS 1.3 handshakes with client certificate: how many a core of the receiving proxy makes. */
import { runHandshakes } from "../load/tls-client.ts";
import { machineLine } from "../machine.ts";
import { fullPair } from "../mesh/our-pair.ts";
import { profileOurs } from "../mesh/profile-pair.ts";
import { askSampled } from "../mesh/sampled-request.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE } from "../options.ts";
import { HAPROXY_H1, haproxyPair } from "../pair/haproxy.ts";
import { nginxPair } from "../pair/nginx.ts";
import { configurationLines, missingLines, ours, ratioOf, ratioText, startPairs } from "../pair/peers.ts";
import { cpuMicroseconds } from "../process-cpu.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";

const LANES = 8;
const REFERENCE = "HAProxy, HTTP/1.1";

export async function benchHandshake(options: BenchOptions): Promise<Findings | null> {
  if (nginxPair.version() === null) {
    console.error("handshake: nginx is missing (Debian package nginx): there is no backend");
    return null;
  }
  const backend = await startBackend(options.folder, LOAD_CORE);
  const lanes = options.connections?.[0] ?? LANES;
  if (options.profile) {
    try {
      return await profileOurs("handshake", options, backend.port, fullPair, async ({ between: { port, tls } }) => {
        const { done } = await runHandshakes(port, tls, options.seconds, lanes, LOAD_CORE);
        return `${(done / options.seconds).toFixed(0)} handshakes/s`;
      });
    } finally {
      await backend.stop();
    }
  }
  const started = await startPairs([haproxyPair(HAPROXY_H1), nginxPair, ours(options)], backend.port, options);
  try {
    const series = started.pairs.map((pair) => ({ ...pair, perCpuSecond: [] as number[], perSecond: [] as number[], errors: 0, why: "" }));
    for (let run = 0; run <= options.runs; run += 1) {
      for (const each of series) {
        const pid = each.running.pids[1] as number;
        const before = cpuMicroseconds(pid);
        const { port, tls } = each.running.between;
        const { done, errors, firstError } = await runHandshakes(port, tls, options.seconds, lanes, LOAD_CORE);
        each.errors += errors;
        each.why ||= firstError;
        // The first round warms up.
        if (run === 0 || done === 0) continue;
        each.perCpuSecond.push((done * 1e6) / (cpuMicroseconds(pid) - before));
        each.perSecond.push(done / options.seconds);
      }
      // Requests through the whole pair, so that its configuration can be read as in force.
      for (const { running } of series) await askSampled(running.port, "/items");
    }
    const results = await Promise.all(
      series.map(async (each) => ({
        name: each.peer.name,
        version: each.version,
        configuration: await each.running.configuration(),
        perCpuSecond: spreadOf(each.perCpuSecond),
        perSecond: spreadOf(each.perSecond),
        errors: each.errors,
        why: each.why,
      })),
    );
    const reference = results.find(({ name }) => name === REFERENCE)?.perCpuSecond.median;
    console.log(
      `Full TLS 1.3 handshakes, P-256, both sides verified, no tickets; ${options.runs} interleaved runs of ${options.seconds} s, median (min–max)`,
    );
    console.log(`${machineLine()}; a client of Node's own TLS on ${lanes} lanes, one request on each connection`);
    console.log(`${options.command}\n`);
    const rows = results.map((each) => [
      each.name,
      formatSpread(each.perCpuSecond, 0),
      ratioText(each.perCpuSecond.median, reference, each.configuration),
      formatSpread(each.perSecond, 0),
      String(each.errors),
    ]);
    console.log(
      formatTable([["receiving proxy", "handshakes/CPU s", "× HAProxy", "handshakes/s (the client's limit)", "errors"], ...rows]),
    );
    for (const { name, why } of results) if (why !== "") console.log(`${name}: ${why}`);
    for (const each of results) for (const line of configurationLines(each)) console.log(line);
    for (const line of missingLines(started.missing)) console.log(line);
    console.log("target for meshctl: ≥ 0.7 × HAProxy\n");
    const ratio = (each: (typeof results)[number]) => ratioOf(each.perCpuSecond.median, reference, each.configuration);
    return { missing: started.missing, results: results.map((each) => ({ ...each, ratioToHaproxy: ratio(each) })) };
  } finally {
    await started.stop();
    await backend.stop();
  }
}
