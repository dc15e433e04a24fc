import type { HistogramFamily } from "./histogram.ts";
import type { CounterFamily, GaugeFamily } from "./scalar.ts";

/** A gauge that is read when someone looks. */
export interface ReadGauge {
  readonly type: "read";
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly read: () => number;
}

export type AnyFamily = CounterFamily | GaugeFamily | HistogramFamily | ReadGauge;
