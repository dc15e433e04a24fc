import { get } from "node:http";
import { connect } from "node:net";
import type { Clock, Timer } from "../../lib/clock.ts";

/** One application port, and how to ask it. */
export interface Probe {
  readonly appPort: number;
  /** GET of this path must answer 2xx; absent: accepting a connection is enough. */
  readonly path?: string;
}

/** Between looks at a port that has not been ready yet, and at one that is. */
const STARTING_MS = 100;
const STEADY_MS = 1_000;
/** A hung application still accepts connections (the kernel does): only a deadline on its answer shows it. */
const ANSWER_MS = 1_000;
const FAILURES = 3;

/**
 * Watches the application's ports. Ready on the first success, not ready after three failures in a row: with a
 * look a second and a second to answer, a hung application is out within 6 s.
 */
export class Readiness {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #ready = new Set<number>();
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(probes: readonly Probe[], clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
    for (const probe of probes) void this.#watch(probe, 0);
  }

  isReady(appPort: number): boolean {
    return this.#ready.has(appPort);
  }

  close(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  async #watch(probe: Probe, failures: number): Promise<void> {
    const good =
      probe.path === undefined ? await accepts(probe.appPort, this.#clock) : await answers(probe.appPort, probe.path, this.#clock);
    if (this.#stopped) return;
    const missed = good ? 0 : failures + 1;
    const was = this.#ready.has(probe.appPort);
    if (good) this.#ready.add(probe.appPort);
    else if (missed >= FAILURES) this.#ready.delete(probe.appPort);
    const is = this.#ready.has(probe.appPort);
    const timer = this.#clock.setTimer(
      () => {
        this.#timers.delete(timer);
        void this.#watch(probe, missed);
      },
      is ? STEADY_MS : STARTING_MS,
    );
    this.#timers.add(timer);
    if (was !== is) this.#changed();
  }
}

/**
 * Whether something accepts connections on this loopback port. The connection is ended, not reset: a server that
 * speaks first would get an error for its greeting, and many a simple one dies of it.
 */
export function accepts(port: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const limit = clock.setTimer(() => socket.destroy(), ANSWER_MS, { unref: true });
    socket.once("connect", () => {
      resolve(true);
      socket.resume();
      socket.end();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      limit.cancel();
      resolve(false);
    });
  });
}

/** Whether a GET is answered with 2xx in time. The deadline is for the head as a whole: a byte a second does not stretch it. */
function answers(port: number, path: string, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false, headers: { "user-agent": "meshctl-readiness" } });
    const limit = clock.setTimer(() => request.destroy(), ANSWER_MS, { unref: true });
    request.once("response", (response) => {
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 300);
      response.resume();
    });
    request.on("error", () => {});
    request.once("close", () => {
      limit.cancel();
      resolve(false);
    });
  });
}
