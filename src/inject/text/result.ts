import type { SkipCode } from "../pod/eligibility.ts";
import type { TextProblem } from "./problem.ts";
import type { Splice } from "./splices.ts";

/** What has become of one workload of a text. */
export interface WorkloadOutcome {
  readonly kind: string;
  readonly name: string;
  /** Empty when it names none. */
  readonly namespace: string;
  /** From 1. */
  readonly line: number;
  readonly outcome: "injected" | "reinjected" | "uninjected" | "unchanged" | "skipped";
  readonly code?: SkipCode | "not-injected";
  /** Why it was skipped. */
  readonly reason?: string;
  readonly warnings: readonly TextProblem[];
}

/** With a problem nothing of the text may be used. */
export interface TextEdits {
  readonly splices: readonly Splice[];
  readonly workloads: readonly WorkloadOutcome[];
  readonly problems: readonly TextProblem[];
}
