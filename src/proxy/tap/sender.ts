import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { TapBatch, type TapEvent } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";

export interface TapSenderOptions {
  readonly clock: Clock;
  /** Opens the telemetry stream; null while there is no connection. */
  open(onEnd: (detail: string) => void): UpStream | null;
}

const MAX_QUEUED = 2_048;
const MAX_BATCH = 128;
const FLUSH_MS = 50;
/** After the controller took nothing. */
const RETRY_MS = 250;
/** Without anything to send the stream is given back. */
const IDLE_MS = 10_000;

/** Events on their way to the controller. Bounded; what does not fit is counted and dropped, nothing ever waits. */
export class TapSender {
  readonly #options: TapSenderOptions;
  #queue: TapEvent[] = [];
  #dropped = 0;
  #droppedEver = 0;
  #stream: UpStream | null = null;
  #timer: Timer | null = null;
  #idle: Timer | null = null;

  constructor(options: TapSenderOptions) {
    this.#options = options;
  }

  get dropped(): number {
    return this.#droppedEver;
  }

  push(event: TapEvent): void {
    if (this.#queue.length >= MAX_QUEUED) {
      this.drop();
      return;
    }
    this.#queue.push(event);
    this.#arm();
  }

  /** Counts an event that is not sent (rate limit). */
  drop(): void {
    this.#dropped += 1;
    this.#droppedEver += 1;
    this.#arm();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#idle?.cancel();
    this.#stream?.end();
    this.#stream = null;
  }

  #arm(delayMs = FLUSH_MS): void {
    this.#timer ??= this.#options.clock.setTimer(this.#flush, delayMs, { unref: true });
  }

  readonly #flush = (): void => {
    this.#timer = null;
    this.#stream ??= this.#open();
    while (this.#hasNews() && this.#sendBatch());
    // Saturated or without connection: look again later; the queue is bounded meanwhile.
    if (this.#hasNews()) this.#arm(RETRY_MS);
    else this.#waitIdle();
  };

  #hasNews(): boolean {
    return this.#queue.length > 0 || this.#dropped > 0;
  }

  /** False: not taken, everything stays. */
  #sendBatch(): boolean {
    const events = this.#queue.slice(0, MAX_BATCH);
    const bytes = TapBatch.encode({ events, dropped: this.#dropped }).finish();
    if (this.#stream?.send(bytes) !== true) return false;
    this.#queue = this.#queue.slice(events.length);
    this.#dropped = 0;
    return true;
  }

  #open(): UpStream | null {
    const stream = this.#options.open(() => {
      if (this.#stream === stream) this.#stream = null;
    });
    return stream;
  }

  #waitIdle(): void {
    this.#idle?.cancel();
    this.#idle = this.#options.clock.setTimer(
      () => {
        if (this.#queue.length > 0) return;
        this.#stream?.end();
        this.#stream = null;
      },
      IDLE_MS,
      { unref: true },
    );
  }
}
