import { formatAccessText } from "../../telemetry/access-log.ts";
import type { TrafficMetrics } from "../../telemetry/traffic-metrics.ts";
import type { RootLogger } from "../../telemetry/log.ts";
import type { ExchangeRecord, Observer } from "../contract.ts";
import type { Tap } from "../tap/tap.ts";

/** Everyone who looks at finished requests: metrics, taps, and at level debug the access log. */
export class Observers implements Observer {
  readonly #metrics: TrafficMetrics;
  readonly #tap: Tap;
  readonly #log: RootLogger;
  /** How many inbound calls have ended. */
  inboundEnded = 0;

  constructor(metrics: TrafficMetrics, tap: Tap, log: RootLogger) {
    this.#metrics = metrics;
    this.#tap = tap;
    this.#log = log;
  }

  get wantsHeaders(): boolean {
    return this.#tap.wantsHeaders;
  }

  ended(record: ExchangeRecord): void {
    if (record.direction === "inbound") this.inboundEnded += 1;
    this.#metrics.ended(record);
    this.#tap.ended(record);
    const { level } = this.#log;
    if (level === "debug" || level === "trace") this.#log.debug(formatAccessText(record).trimEnd());
  }
}
