import { readControllerRecord } from "../../home/controller-file.ts";
import type { HomeLayout } from "../../home/layout.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Bootstrap } from "../../messages/bootstrap.ts";

export type ControllerAddress = Bootstrap["controller"];

export interface ControllerWatchOptions {
  readonly layout: HomeLayout;
  readonly clock: Clock;
  /** Where the sidecar was told that it is. */
  readonly from: ControllerAddress;
  /** It is elsewhere now. */
  readonly moved: (to: ControllerAddress) => void;
}

/** One small file is looked for. A sidecar without its controller serves on, but a lease runs out in seconds. */
const LOOK_MS = 250;

/** Notices that the controller of this machine was started on other ports: somebody had taken the ones it had. */
export class ControllerWatch {
  readonly #options: ControllerWatchOptions;
  #at: ControllerAddress;
  #timer: Timer | null = null;

  constructor(options: ControllerWatchOptions) {
    this.#options = options;
    this.#at = options.from;
    this.#look();
  }

  close(): void {
    this.#timer?.cancel();
  }

  readonly #look = (): void => {
    const { layout, clock, moved } = this.#options;
    // Absent while one is being started: only a healthy controller writes it.
    const record = readControllerRecord(layout);
    if (record !== null) {
      const to = { discovery: onPort(this.#at.discovery, record.discoveryPort), https: onPort(this.#at.https, record.httpsPort) };
      if (to.discovery !== this.#at.discovery || to.https !== this.#at.https) {
        this.#at = to;
        moved(to);
      }
    }
    this.#timer = clock.setTimer(this.#look, LOOK_MS, { unref: true });
  };
}

/** The same host, another port. */
function onPort(address: string, port: number): string {
  return `${address.slice(0, address.lastIndexOf(":"))}:${port}`;
}
