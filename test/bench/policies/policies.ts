/** What one policy more, and many routes, cost a request: in the decision alone, and through whole pairs of ours. */
import { loadWindow } from "../load/window.ts";
import { machineLine } from "../machine.ts";
import { DESTINATION, ourPair } from "../mesh/our-pair.ts";
import { idleFault, oneAccessRule, tenAccessRules, tenRules } from "../mesh/rules.ts";
import { startBackend } from "../nginx.ts";
import { type BenchOptions, type Findings, LOAD_CORE } from "../options.ts";
import type { PairPeer } from "../pair/contract.ts";
import { nginxPair } from "../pair/nginx.ts";
import { missingLines, startPairs } from "../pair/peers.ts";
import { versionOf } from "../peer.ts";
import { formatSpread, formatTable, spreadOf } from "../table.ts";
import { decisionCosts } from "./decision-cost.ts";

const CONNECTIONS = 32;
const BASE = "one route";

function pairs({ nodeFlags }: BenchOptions): readonly PairPeer[] {
  const of = (name: string, over: Partial<Parameters<typeof ourPair>[0]>): PairPeer =>
    ourPair({ name, nodeFlags: () => nodeFlags, protocol: "http", routes: tenRules(DESTINATION, 1), policies: [], ...over });
  return [
    of(BASE, {}),
    of("+ a fault", { outboundPolicies: [idleFault()] }),
    of("+ an access rule", { policies: [oneAccessRule()] }),
    of("+ 10 access rules", { policies: [tenAccessRules()] }),
    of("10 rules", { routes: tenRules(DESTINATION) }),
    of("1,000 rules", { routes: tenRules(DESTINATION, 1_000) }),
  ];
}

export async function benchPolicies(options: BenchOptions): Promise<Findings | null> {
  if (versionOf("wrk", ["-v"]) === null || nginxPair.version() === null) {
    console.error("policies: wrk or nginx is missing (Debian packages wrk, nginx): nothing can be measured");
    return null;
  }
  const decisions = decisionCosts(options.seconds > 1 ? 1_000_000 : 100_000);
  const backend = await startBackend(options.folder, LOAD_CORE);
  const connections = options.connections?.[0] ?? CONNECTIONS;
  const started = await startPairs(pairs(options), backend.port, options);
  try {
    const series = started.pairs.map((pair) => ({ ...pair, cpuUs: [] as number[], errors: 0 }));
    for (let run = 0; run <= options.runs; run += 1) {
      for (const each of series) {
        const { pids, port } = each.running;
        const result = await loadWindow(`http://127.0.0.1:${port}/items?page=1`, connections, options.seconds, pids, backend);
        each.errors += result.errors;
        // The first round warms up.
        if (run > 0 && !Number.isNaN(result.cpuUsPerRequest)) each.cpuUs.push(result.cpuUsPerRequest);
      }
    }
    const base = spreadOf(series.find(({ peer }) => peer.name === BASE)?.cpuUs ?? []).median;
    const results = await Promise.all(
      series.map(async ({ peer, cpuUs, errors, running }) => ({
        name: peer.name,
        cpuUsPerRequest: spreadOf(cpuUs),
        moreUs: spreadOf(cpuUs).median - base,
        ratio: spreadOf(cpuUs).median / base,
        errors,
        configuration: (await running.configuration()).lines,
      })),
    );
    console.log("The decision on one request, nanoseconds in this process, median (least–most of 7 rounds)\n");
    const decisionRows = decisions.map(({ what, ns, more }) => [what, formatSpread(ns, 0), more.toFixed(0)]);
    console.log(`${formatTable([["stack", "ns", "more"], ...decisionRows])}\n`);
    console.log(
      `The same through whole pairs of ours; ${options.runs} interleaved runs of ${options.seconds} s with ${connections} connections, median (min–max)`,
    );
    console.log(`${machineLine()}; wrk, keep-alive, backend nginx with 82 bytes`);
    console.log(`${options.command}\n`);
    const rows = results.map((each) => [
      each.name,
      formatSpread(each.cpuUsPerRequest, 1),
      each.moreUs.toFixed(1),
      Number.isFinite(each.ratio) ? each.ratio.toFixed(2) : "-",
      String(each.errors),
    ]);
    console.log(formatTable([["pair of ours", "CPU µs/request", "more", `× ${BASE}`, "errors"], ...rows]));
    console.log("differences smaller than the spread are noise: the first table is the finer measure");
    for (const { name, configuration } of results) console.log(`${name}: ${configuration[1]}`);
    for (const line of missingLines(started.missing)) console.log(line);
    console.log("retry, rate limit: not built yet");
    console.log("targets: ≤ 500 ns for a policy more; 1,000 routes ≤ 1.2 × one route\n");
    return { connections, missing: started.missing, decisions, results, notBuilt: ["retry", "rate limit"] };
  } finally {
    await started.stop();
    await backend.stop();
  }
}
