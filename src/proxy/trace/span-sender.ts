import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { ExchangeRecord } from "../contract.ts";
import { FineStart } from "./fine-start.ts";
import { type FinishedSpan, finishedSpan } from "./span.ts";
import { type SpanSource, writeSpans } from "./write-spans.ts";

export interface SpanSenderOptions {
  readonly clock: Clock;
  readonly source: SpanSource;
  /** Opens one call on the present connection; null without one. `onEnd` gets an empty text when it was taken. */
  open(onEnd: (detail: string) => void): UpStream | null;
}

/** About 2 MiB at most. */
const MAX_QUEUED = 2_048;
/** One message: about a millisecond of encoding, and far below what the controller receives. */
const MAX_BATCH = 32;
/** Spans of one trace come from several proxies anyway: a second more is not waited for. */
const FLUSH_MS = 1_000;

/**
 * Tells the controller of finished spans: OTLP over the connection of discovery, one small message after the
 * other, each in an event-loop turn of its own. Bounded; what does not fit, and what was under way when a
 * connection broke, is counted and dropped. Nothing ever waits for it.
 */
export class SpanSender {
  readonly #options: SpanSenderOptions;
  readonly #fine: FineStart;
  #queue: FinishedSpan[] = [];
  #timer: Timer | null = null;
  #sending = false;
  #waiting: (() => void)[] = [];
  /** Spans that ended here. */
  taken = 0;
  /** Spans the controller was not told of. */
  dropped = 0;

  constructor(options: SpanSenderOptions) {
    this.#options = options;
    this.#fine = new FineStart(options.clock);
  }

  /** Takes the span of a request that was sampled; of any other, nothing. */
  ended(record: ExchangeRecord): void {
    if (record.traceId === "") return;
    this.taken += 1;
    if (this.#queue.length >= MAX_QUEUED) {
      this.dropped += 1;
      return;
    }
    this.#queue.push(finishedSpan(record, this.#fine.of(record.startUnixMs, record.durationMs)));
    this.#timer ??= this.#options.clock.setTimer(this.#tick, FLUSH_MS, { unref: true });
  }

  /** Sends what there is now; calls back when the controller has it, cannot be reached, or `limitMs` are over. */
  flush(limitMs: number, done: () => void): void {
    if (this.#queue.length === 0 && !this.#sending) {
      done();
      return;
    }
    const limit = this.#options.clock.setTimer(() => this.#finish(), limitMs);
    this.#waiting.push(() => {
      limit.cancel();
      done();
    });
    this.#next();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#finish();
  }

  readonly #tick = (): void => {
    this.#timer = null;
    this.#next();
  };

  #next(): void {
    if (this.#sending) return;
    if (this.#queue.length === 0) {
      this.#finish();
      return;
    }
    const { open, source, clock } = this.#options;
    const batch = this.#queue.slice(0, MAX_BATCH);
    const stream = open((detail) => {
      this.#sending = false;
      if (detail !== "") this.dropped += batch.length;
      this.#next();
    });
    if (stream === null) {
      // The queue is bounded: looked at again until there is a connection.
      this.#timer ??= clock.setTimer(this.#tick, FLUSH_MS, { unref: true });
      this.#finish();
      return;
    }
    this.#sending = true;
    this.#queue = this.#queue.slice(batch.length);
    stream.send(writeSpans(batch, source));
    stream.end();
  }

  #finish(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}
