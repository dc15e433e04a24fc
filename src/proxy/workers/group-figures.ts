import { lastingParts, mergeExpositions } from "../../telemetry/metrics/merge.ts";
import { addProcessMetrics } from "../../telemetry/metrics/process.ts";
import { MetricsRegistry } from "../../telemetry/metrics/registry.ts";
import type { Subject } from "./messages.ts";
import type { Worker } from "./worker.ts";

/** Gauges of which the sum says nothing. */
const LEAST: ReadonlySet<string> = new Set([
  "process_start_time_seconds",
  "meshctl_certificate_expiry_timestamp_seconds",
  "meshctl_discovery_connected",
  "meshctl_overload_admitted_ratio",
]);
const MOST: ReadonlySet<string> = new Set([
  "meshctl_build_info",
  "meshctl_destinations",
  "meshctl_overload_state",
  "meshctl_trace_sampling_ratio",
]);

/** What the workers of a group say of themselves, put together. */
export class GroupFigures {
  readonly #workers: readonly Worker[];
  readonly #own = new MetricsRegistry();
  /** The last text of each worker that is up. */
  readonly #last = new Map<Worker, string>();
  /** What workers that have ended had counted: totals never go down. */
  #ended = "";

  constructor(workers: readonly Worker[], startedUnixMs: number) {
    this.#workers = workers;
    addProcessMetrics(this.#own, startedUnixMs);
    this.#own.read("gauge", "meshctl_workers", "Processes that serve as this proxy.", () => workers.length);
    this.#own.read("gauge", "meshctl_workers_listening", "Of these, those that take connections.", () => {
      return workers.filter(({ listening }) => listening !== null).length;
    });
  }

  /** One exposition: counters and histograms added up. A worker that says nothing now counts with what it said last. */
  async metrics(): Promise<string> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        const text = await worker.ask("metrics");
        if (text !== null) this.#last.set(worker, text);
      }),
    );
    return mergeExpositions([this.#own.expose(), ...this.#last.values(), this.#ended], { least: LEAST, most: MOST });
  }

  /** A JSON object with what each worker says, by its number. */
  async each(about: Subject): Promise<string> {
    const texts = await Promise.all(this.#workers.map((worker) => worker.ask(about)));
    const parts = texts.map((text, place) => `${JSON.stringify(String(this.#workers[place]?.index))}: ${text ?? "null"}`);
    return `{"workers": {${parts.join(",\n")}}}`;
  }

  gone(worker: Worker): void {
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    if (last !== undefined) this.#ended = mergeExpositions([this.#ended, lastingParts(last)], { least: LEAST, most: MOST });
  }
}
