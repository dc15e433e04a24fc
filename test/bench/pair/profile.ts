import { runWrk } from "../load/wrk.ts";
import { fullPair } from "../mesh/our-pair.ts";
import { type BenchOptions, type Findings, LOAD_CORE, PROXY_CORE } from "../options.ts";
import { printProfile } from "../profile.ts";
import { configurationLines } from "./peers.ts";

/** Loads our pair alone and leaves one CPU profile of each side in the working directory. */
export async function profilePair(options: BenchOptions, backendPort: number, connections: readonly number[]): Promise<Findings> {
  const file = (workload: string): string => `pair-${workload}.cpuprofile`;
  const flags = (workload: string): string[] => [...options.nodeFlags, "--cpu-prof", `--cpu-prof-name=${file(workload)}`];
  const peer = fullPair(flags);
  const pair = await peer.start(options.folder, backendPort, PROXY_CORE);
  try {
    for (const count of connections) {
      const { requests, seconds } = await runWrk(`http://127.0.0.1:${pair.port}/items?page=1`, count, options.seconds, LOAD_CORE);
      console.log(`${count} connections: ${(requests / seconds).toFixed(0)} requests/s under the profiler`);
    }
    const configuration = await pair.configuration();
    for (const line of configurationLines({ name: peer.name, version: peer.version() ?? "", configuration })) console.log(line);
  } finally {
    // A profile is written when its process ends.
    await pair.stop();
  }
  for (const [workload, side] of [
    ["web", "the caller's proxy"],
    ["api", "the called one's"],
  ] as const) {
    printProfile(file(workload), side);
  }
  return { profiles: ["web", "api"].map(file) };
}
