import { formatAccessText } from "../../telemetry/access-log.ts";
import type { TrafficMetrics } from "../../telemetry/traffic-metrics.ts";
import type { RootLogger } from "../../telemetry/log.ts";
import type { ExchangeRecord, Observer } from "../contract.ts";
import type { Tap } from "../tap/tap.ts";
import type { SpanSender } from "../trace/span-sender.ts";

/** Everyone who looks at finished requests: metrics, taps, traces, and at level debug the access log. */
export class Observers implements Observer {
  readonly #metrics: TrafficMetrics;
  readonly #tap: Tap;
  readonly #spans: SpanSender;
  readonly #log: RootLogger;
  /** How many inbound calls have ended. */
  inboundEnded = 0;

  constructor(metrics: TrafficMetrics, tap: Tap, spans: SpanSender, log: RootLogger) {
    this.#metrics = metrics;
    this.#tap = tap;
    this.#spans = spans;
    this.#log = log;
  }

  get wantsHeaders(): boolean {
    return this.#tap.wantsHeaders;
  }

  get wantsDetails(): boolean {
    return this.#tap.wantsDetails || this.#logs;
  }

  get #logs(): boolean {
    const { level } = this.#log;
    return level === "debug" || level === "trace";
  }

  ended(record: ExchangeRecord): void {
    if (record.direction === "inbound") this.inboundEnded += 1;
    this.#metrics.ended(record);
    this.#tap.ended(record);
    this.#spans.ended(record);
    if (this.#logs) this.#log.debug(formatAccessText(record).trimEnd());
  }
}
