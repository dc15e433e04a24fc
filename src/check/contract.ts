import type { CaStatus, ProxyStatus, ServerVersion, StatRow } from "../api/contract.ts";
import type { MeshContext } from "../home/contexts.ts";
import type { ControllerRecord } from "../home/controller-file.ts";
import type { HomeProblem } from "../home/inspect.ts";
import type { Workload } from "../model/kinds/workload.ts";
import type { KubeObject } from "../model/object.ts";

/**
 * Everything the checks look at. Functions are asked at most once a round and reject with whatever stood
 * in the way, so that a test can break exactly one of them.
 */
export interface CheckFacts {
  /** Unix time, milliseconds. */
  readonly nowMs: number;
  /** As process.version: v20.20.2. */
  readonly nodeVersion: string;
  readonly clientVersion: string;
  readonly stateDirectory: string;
  homeProblems(): readonly HomeProblem[];
  /** The context in force. Throws a UserError when the file cannot be read or there is none. */
  context(): MeshContext;
  /** What the controller wrote about itself, and whether a process of that number lives. */
  controllerProcess(): { readonly record: ControllerRecord | null; readonly alive: boolean };
  /** Resolves when the server answers over verified TLS, whoever asks. */
  reach(): Promise<void>;
  /** Asked with our credential. */
  serverVersion(): Promise<ServerVersion>;
  ca(): Promise<CaStatus>;
  proxies(): Promise<readonly ProxyStatus[]>;
  workloads(): Promise<readonly Workload[]>;
  /** Traffic by service, as long as it is remembered. */
  services(): Promise<readonly StatRow[]>;
  /** Every object of a kind that takes part in routing or policy. */
  policies(): Promise<readonly KubeObject[]>;
}

export type Level = "ok" | "warning" | "error";

/** What one check found. `reasons` stand under the line, each one thing that is not fine; empty when ok. */
export interface Finding {
  readonly level: Level;
  readonly reasons: readonly string[];
  /** What to do about it. */
  readonly next?: string;
}

export const SECTIONS = ["runtime", "state directory", "control plane", "certificates", "proxies", "policies", "workloads"] as const;
export type Section = (typeof SECTIONS)[number];

export interface HealthCheck {
  /** Stable name for scripts: `node-line`. */
  readonly id: string;
  readonly section: Section;
  /** What is true when it passes. */
  readonly description: string;
  /** Ids of checks without which this one says nothing: skipped when one of them is not ok. */
  readonly needs?: readonly string[];
  /** Which contexts it is for; absent: all. */
  readonly platform?: MeshContext["platform"];
  run(facts: CheckFacts): Promise<Finding> | Finding;
}

export interface CheckResult {
  readonly id: string;
  readonly section: Section;
  readonly description: string;
  readonly result: Level | "skipped";
  readonly reasons: readonly string[];
  readonly next?: string;
}

export const FINE: Finding = Object.freeze({ level: "ok", reasons: [] });

/** Error when there are `reasons`, else fine. */
export function failWhenAny(reasons: readonly string[], next: string, level: Level = "error"): Finding {
  return reasons.length === 0 ? FINE : { level, reasons, next };
}
