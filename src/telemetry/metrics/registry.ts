import type { AnyFamily } from "./any-family.ts";
import { exposeFamily } from "./exposition.ts";
import { HistogramFamily, type HistogramOptions } from "./histogram.ts";
import { CounterFamily, GaugeFamily } from "./scalar.ts";

/** Tuples per family; more are counted under `_other_` and in `meshctl_metrics_overflow_total`. */
export const DEFAULT_MAX_SERIES = 1_000;

/** Every metric of one process. Memory is bounded by families × series. */
export class MetricsRegistry {
  readonly #families = new Map<string, AnyFamily>();
  readonly #maxSeries: number;
  readonly #overflow: CounterFamily;

  constructor(options: { maxSeries?: number } = {}) {
    this.#maxSeries = options.maxSeries ?? DEFAULT_MAX_SERIES;
    this.#overflow = this.counter("meshctl_metrics_overflow_total", "Lookups of label tuples beyond the limit of their metric.", [
      "metric",
    ]);
  }

  /** Throws when the name is taken. */
  counter(name: string, help: string, labels: readonly string[] = []): CounterFamily {
    return this.#add(new CounterFamily(this.#options(name, help, labels)));
  }

  gauge(name: string, help: string, labels: readonly string[] = []): GaugeFamily {
    return this.#add(new GaugeFamily(this.#options(name, help, labels)));
  }

  /** A value kept elsewhere, read at each exposition. */
  read(kind: "gauge" | "counter", name: string, help: string, read: () => number): void {
    this.#add({ type: "read", kind, name, help, read });
  }

  histogram(
    name: string,
    help: string,
    labels: readonly string[],
    scale: Pick<HistogramOptions, "unitsPerExposed" | "shownExponents">,
  ): HistogramFamily {
    return this.#add(new HistogramFamily({ ...this.#options(name, help, labels), ...scale }));
  }

  /** Prometheus text format 0.0.4; serve it as `text/plain; version=0.0.4; charset=utf-8`. */
  expose(): string {
    let text = "";
    for (const family of this.#families.values()) text += exposeFamily(family);
    return text;
  }

  #options(name: string, help: string, labels: readonly string[]) {
    const overflowed = (family: string): void => this.#overflow.with(family).add();
    return { name, help, labels, maxSeries: this.#maxSeries, overflowed };
  }

  #add<F extends AnyFamily>(family: F): F {
    if (this.#families.has(family.name)) throw new Error(`metric ${family.name} is there already`);
    this.#families.set(family.name, family);
    return family;
  }
}
