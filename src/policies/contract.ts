/**
 * What a policy's filter sees and answers. Compiled once per configuration by src/decide, called per
 * request by the proxy and by `explain`: no I/O, no clock, no allocation that can be avoided.
 */
import type { ReasonCode } from "../messages/reasons.ts";
import type { Random } from "../lib/random.ts";

/** Who sent the request, as far as this proxy knows. */
export interface Source {
  /** SPIFFE id proven by mutual TLS (inbound) or this proxy's own (outbound); empty when unknown. */
  readonly identity: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly workload: string;
}

/** A request head, as every rule sees it. */
export interface RequestView {
  /** Upper-case as sent. */
  readonly method: string;
  /** Canonical path (src/match/path.ts), without query; exactly what is forwarded. */
  readonly path: string;
  /** Query string without the question mark; empty when none. */
  readonly query: string;
  /** Host and optional port, lower case. */
  readonly authority: string;
  /** Value of a header by lower-case name; several lines joined by `, `; undefined when absent. */
  header(name: string): string | undefined;
  readonly source: Source;
}

/** A filter's no: the proxy answers itself. */
export interface Refusal {
  /** HTTP status; 0 resets the connection. */
  readonly status: number;
  readonly reason: ReasonCode;
  /** `Kind/namespace/name` and rule, for tap and explain: `FaultInjection/default/api rule 0`. */
  readonly policy: string;
}

/** One compiled policy. Hooks run in the order of src/policies/chain.ts; absent hooks cost nothing. */
export interface Filter {
  /** Id of the policy folder, for explain. */
  readonly id: string;
  readonly origin: string;
  /** Milliseconds the request is held before it goes on; 0 for none. Called once, first. */
  delayMs?(request: RequestView, random: Random, nowMs: number): number;
  /** null lets the request go on. Called once, after the delay. */
  admit?(request: RequestView, random: Random, nowMs: number): Refusal | null;
}

/** Entry of src/policies/chain.ts. */
export interface FilterFactory {
  readonly id: string;
  /** Throws with a reason when `config` cannot be read: the resource is then NACKed. */
  compile(config: Uint8Array, origin: string): Filter;
  /** Which stack the policy acts in. */
  readonly direction: "outbound" | "inbound" | "both";
}
