import type * as z from "zod";
import type { KubeObject } from "../../model/object.ts";
import type { faultInjectionSchema } from "../../policies/fault/schema.ts";

/** As a person writes it: what has a default may be absent. */
export type FaultSpec = z.input<typeof faultInjectionSchema>["spec"];
export type FaultRule = FaultSpec["rules"][number];
export type FaultMatch = NonNullable<FaultRule["matches"]>[number];
export type FaultSource = NonNullable<FaultRule["from"]>[number];
export type FaultDelay = NonNullable<FaultRule["delay"]>;
export type FaultAbort = NonNullable<FaultRule["abort"]>;
export type FaultInjection = KubeObject<FaultSpec>;

/** Which requests a fault is for; empty fields mean all. */
export interface FaultCondition {
  readonly match?: FaultMatch;
  readonly from?: FaultSource[];
}

/** The one delay and the one abort that `meshctl fault` keeps for a target. */
export interface Faults {
  readonly delay?: { readonly fault: FaultDelay; readonly on: FaultCondition };
  readonly abort?: { readonly fault: FaultAbort; readonly on: FaultCondition };
}
