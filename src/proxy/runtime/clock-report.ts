import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { ClockReading } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";

export interface ClockReportOptions {
  readonly clock: Clock;
  /** A stream on the present connection to the controller; null without one. */
  open(onEnd: () => void): UpStream | null;
}

/** A clock that is set while a connection stands is told within this. */
const INTERVAL_MS = 30_000;
/** A stream that the controller did not keep is opened again after this. */
const REOPEN_MS = 1_000;

/** Tells the controller what time it is here: when a connection comes up, and from then on in regular intervals. */
export class ClockReport {
  readonly #options: ClockReportOptions;
  #stream: UpStream | null = null;
  #timer: Timer | null = null;

  constructor(options: ClockReportOptions) {
    this.#options = options;
  }

  /** A connection has come up, in the place of whatever was there. */
  start(): void {
    this.stop();
    this.#tell();
  }

  /** The connection is gone. */
  stop(): void {
    this.#timer?.cancel();
    const stream = this.#stream;
    this.#stream = null;
    stream?.end();
  }

  readonly #tell = (): void => {
    const { clock } = this.#options;
    this.#stream ??= this.#open();
    // Read at the last moment: what is sent late would look like a clock that is behind.
    this.#stream?.send(ClockReading.encode({ unixMs: clock.nowMs() }).finish());
    this.#timer = clock.setTimer(this.#tell, INTERVAL_MS, { unref: true });
  };

  #open(): UpStream | null {
    const stream: UpStream | null = this.#options.open(() => {
      if (stream === null || this.#stream !== stream) return;
      this.#stream = null;
      this.#timer?.cancel();
      this.#timer = this.#options.clock.setTimer(this.#tell, REOPEN_MS, { unref: true });
    });
    return stream;
  }
}
