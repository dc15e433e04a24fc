import { type BenchOptions, type Findings, PROXY_CORE } from "../options.ts";
import type { NodeFlags, PairPeer, RunningPair } from "../pair/contract.ts";
import { configurationLines, missingLines } from "../pair/peers.ts";
import { printProfile } from "../profile.ts";

/** Loads our pair alone and leaves one CPU profile of each side in the working directory. */
export async function profileOurs(
  part: string,
  options: BenchOptions,
  backendPort: number,
  peerWith: (flags: NodeFlags) => PairPeer,
  load: (pair: RunningPair) => Promise<string>,
): Promise<Findings | null> {
  const file = (workload: string): string => `${part}-${workload}.cpuprofile`;
  const peer = peerWith((workload) => [...options.nodeFlags, "--cpu-prof", `--cpu-prof-name=${file(workload)}`]);
  const version = peer.version();
  if (version === null) {
    for (const line of missingLines([peer.name])) console.error(line);
    return null;
  }
  const pair = await peer.start(options.folder, backendPort, PROXY_CORE);
  try {
    console.log(`${await load(pair)} under the profiler`);
    for (const line of configurationLines({ name: peer.name, version, configuration: await pair.configuration() })) console.log(line);
  } finally {
    // A profile is written when its process ends.
    await pair.stop();
  }
  printProfile(file("web"), "the caller's proxy");
  printProfile(file("api"), "the called one's");
  return { profiles: ["web", "api"].map(file) };
}
