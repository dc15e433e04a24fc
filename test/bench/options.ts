import { cpus } from "node:os";

/** What every part of the benchmark gets. */
export interface BenchOptions {
  readonly runs: number;
  readonly seconds: number;
  /** Numbers of connections to load with; null: the part's own. */
  readonly connections: readonly number[] | null;
  /** Names of peers; empty: all. */
  readonly only: readonly string[];
  /** Flags for our own processes. */
  readonly nodeFlags: readonly string[];
  /** Write CPU profiles of our own processes, and measure nothing else. */
  readonly profile: boolean;
  readonly command: string;
  /** For what peers need on disk; removed when the benchmark ends, however it does. */
  readonly folder: string;
}

/** What a part found, for the JSON file. */
export type Findings = Readonly<Record<string, unknown>>;

/** Proxies have this core to themselves; load, backends and the benchmark are on the other. */
export const PROXY_CORE = 0;
export const LOAD_CORE = cpus().length > 1 ? 1 : 0;
export const WARM_UP_SECONDS = 2;
