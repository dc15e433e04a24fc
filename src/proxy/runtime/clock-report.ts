import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { ClockReading, type LoadReading } from "../../messages/gen/meshctl/telemetry/v1/telemetry.ts";

export interface ClockReportOptions {
  readonly clock: Clock;
  /** A stream on the present connection to the controller; null without one. */
  open(onEnd: () => void): UpStream | null;
  /** How it is with what this process can carry. */
  load(): LoadReading;
}

/** A clock that is set while a connection stands is told within this. */
const INTERVAL_MS = 30_000;
/** A stream that the controller did not keep is opened again after this. */
const REOPEN_MS = 1_000;
/** While requests are turned away, whoever looks wants to know how many. */
const OVERLOADED_INTERVAL_MS = 5_000;
/** A state that has changed is told within this; one that goes to and fro no more often. */
const SOON_MS = 250;

/** Tells the controller what time it is here, and how the load is: when a connection comes up, and from then on in regular intervals. */
export class ClockReport {
  readonly #options: ClockReportOptions;
  #stream: UpStream | null = null;
  #timer: Timer | null = null;
  #soon = false;

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

  /** The state of the load is another now. */
  changed(): void {
    if (this.#stream === null || this.#soon) return;
    this.#soon = true;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(this.#tell, SOON_MS, { unref: true });
  }

  readonly #tell = (): void => {
    const { clock } = this.#options;
    const load = this.#options.load();
    this.#soon = false;
    this.#stream ??= this.#open();
    // Read at the last moment: what is sent late would look like a clock that is behind.
    this.#stream?.send(ClockReading.encode({ unixMs: clock.nowMs(), load }).finish());
    this.#timer = clock.setTimer(this.#tell, load.state === 0 ? INTERVAL_MS : OVERLOADED_INTERVAL_MS, { unref: true });
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
