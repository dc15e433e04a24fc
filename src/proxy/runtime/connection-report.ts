import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { type OpenConnection, type OpenEdge, openEdges } from "../../telemetry/open-edges.ts";
import { DetectionTimeouts } from "./detection-timeouts.ts";
import { type ConnectionHead, writeConnections } from "./write-connections.ts";

export interface ConnectionReportOptions {
  readonly clock: Clock;
  readonly sender: Omit<ConnectionHead, "nowMs">;
  /** Those through which bytes pass now. */
  connections(): Iterable<OpenConnection>;
  /** Opens one call on the present connection; null without one. `onEnd` comes when it is over. */
  open(onEnd: (detail: string) => void): UpStream | null;
}

const INTERVAL_MS = 5_000;
/** One message: a fraction of a millisecond of encoding. */
const MAX_EDGES = 64;

/**
 * Tells the controller every 5 s which TCP connections are open. Counts, not changes: what a message that was lost
 * said is said again by the next, and a proxy that was killed leaves nothing behind. An edge that is empty now is told once more.
 */
export class ConnectionReport {
  readonly #options: ConnectionReportOptions;
  /** Told with the rest. */
  readonly detections = new DetectionTimeouts();
  #timer: Timer | null = null;
  #told = new Map<string, OpenEdge>();
  #left: OpenEdge[] = [];
  #sending = false;

  constructor(options: ConnectionReportOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setTimer(this.#tick, INTERVAL_MS, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  readonly #tick = (): void => {
    this.start();
    // One round at a time: the next sees what this one could not tell.
    if (this.#sending) return;
    const now = openEdges(this.#options.connections());
    const gone = [...this.#told].filter(([key]) => !now.has(key)).map(([, { labels }]) => ({ labels, open: 0 }));
    this.#told = now;
    this.#left = [...now.values(), ...gone];
    this.#next(this.detections.take());
  };

  #next(detections: ReadonlyMap<string, number>): void {
    this.#sending = false;
    if (this.#left.length === 0 && detections.size === 0) return;
    const { clock, sender, open } = this.#options;
    const stream = open(() => this.#next(NONE));
    if (stream === null) return;
    this.#sending = true;
    stream.send(writeConnections(this.#left.splice(0, MAX_EDGES), detections, { ...sender, nowMs: clock.nowMs() }));
    stream.end();
  }
}

const NONE: ReadonlyMap<string, number> = new Map();
