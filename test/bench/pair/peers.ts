import { fullPair } from "../mesh/our-pair.ts";
import type { BenchOptions } from "../options.ts";
import { type Configuration, type PairPeer, type RunningPair } from "./contract.ts";
import { join } from "node:path";
import { PROXY_CORE } from "../options.ts";

/** A pair that is up. */
export interface StartedPair {
  readonly peer: PairPeer;
  readonly version: string;
  readonly running: RunningPair;
}

export interface StartedPairs {
  readonly pairs: readonly StartedPair[];
  /** Names of those this machine does not have. */
  readonly missing: readonly string[];
  stop(): Promise<void>;
}

/** Those of `peers` that were asked for. Throws when there is none. */
export function wantedOf<P extends { readonly name: string }>(peers: readonly P[], { only }: BenchOptions): readonly P[] {
  const wanted = only.length === 0 ? peers : peers.filter(({ name }) => only.includes(name));
  if (wanted.length > 0) return wanted;
  throw new Error(`nothing here is called ${only.join(" or ")}; there are: ${peers.map(({ name }) => `'${name}'`).join(", ")}`);
}

/** Starts those of `peers` that were asked for and are there. */
export async function startPairs(peers: readonly PairPeer[], backendPort: number, options: BenchOptions): Promise<StartedPairs> {
  const pairs: StartedPair[] = [];
  const missing: string[] = [];
  for (const peer of wantedOf(peers, options)) {
    const version = peer.version();
    if (version === null) missing.push(peer.name);
    else {
      const folder = join(options.folder, `pair-${pairs.length}-${backendPort}`);
      pairs.push({ peer, version, running: await peer.start(folder, backendPort, PROXY_CORE) });
    }
  }
  return { pairs, missing, stop: async () => void (await Promise.all(pairs.map(({ running }) => running.stop()))) };
}

/** Ours with everything on. */
export function ours(options: BenchOptions): PairPeer {
  return fullPair(() => options.nodeFlags);
}

/** `value / reference`; null where a feature is off, there is no reference, or noise has made nothing or less of a difference of times. */
export function ratioOf(value: number, reference: number | undefined, configuration: Configuration): number | null {
  if (configuration.off.length > 0 || reference === undefined) return null;
  return value > 0 && reference > 0 ? value / reference : null;
}

/** A ratio as tables show it: refused, or not there. */
export function shownRatio(ratio: number | null, { off }: Configuration): string {
  if (off.length > 0) return "refused";
  return ratio === null ? "-" : ratio.toFixed(2);
}

/** Both at once. */
export function ratioText(value: number, reference: number | undefined, configuration: Configuration): string {
  return shownRatio(ratioOf(value, reference, configuration), configuration);
}

/** What stands under a table: each pair with version and configuration, and why a ratio is missing or marked. */
export function configurationLines(each: { name: string; version: string; configuration: Configuration }): string[] {
  const { name, version, configuration } = each;
  const lines = [`${name}: ${version}`, ...configuration.lines.map((line) => `  ${line}`)];
  if (configuration.off.length > 0) lines.push(`  NO RATIO: these are off: ${configuration.off.join(", ")}`);
  return lines;
}

export function missingLines(missing: readonly string[]): string[] {
  return missing.map((name) => `${name}: not on this machine${name.startsWith("meshctl") ? " (run npm run build)" : ""}`);
}
