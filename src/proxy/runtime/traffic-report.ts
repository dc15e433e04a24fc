import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import { type ReportHead, writeTraffic } from "./write-traffic.ts";
import type { TrafficDeltas } from "../../telemetry/traffic-deltas.ts";

export interface TrafficReportOptions {
  readonly clock: Clock;
  readonly deltas: TrafficDeltas;
  /** Who reports. The controller goes by the certificate; this is for other collectors. */
  readonly sender: Pick<ReportHead, "namespace" | "workload" | "instance" | "version">;
  /** Opens one call on the present connection; null without one. `onEnd` gets an empty text when it was taken. */
  open(onEnd: (detail: string) => void): UpStream | null;
}

const INTERVAL_MS = 5_000;
/** What could not be told for so long would distort the rates of the time it is told at. */
const KEEP_MS = 30_000;
/** One message: a fraction of a millisecond of encoding once warm, and far below what the controller receives. */
const MAX_EDGES = 8;
const MAX_POINTS = 64;

/**
 * Tells the controller what was counted, every 5 s: OTLP metrics over the connection of discovery, one small
 * message after the other, each in an event-loop turn of its own.
 *
 * Deltas, not totals: the controller adds them up without remembering any proxy, a restarted one needs no
 * baseline, and an idle edge costs nothing. The price: what is under way when a connection breaks is not told
 * again, since it may have arrived.
 */
export class TrafficReport {
  readonly #options: TrafficReportOptions;
  #timer: Timer | null = null;
  /** Edges of the report under way that were not sent yet; a call is in the air while it is not null. */
  #left: number | null = null;
  #takenMs: number;
  #waiting: (() => void)[] = [];
  /** Exchanges that the controller was not told of. */
  dropped = 0;

  constructor(options: TrafficReportOptions) {
    this.#options = options;
    this.#takenMs = options.clock.nowMs();
  }

  start(): void {
    this.#timer = this.#options.clock.setTimer(this.#tick, INTERVAL_MS, { unref: true });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#finish();
  }

  /** Reports what there is now; calls back when the controller has it, cannot be reached, or `limitMs` are over. */
  flush(limitMs: number, done: () => void): void {
    const limit = this.#options.clock.setTimer(() => this.#finish(), limitMs);
    this.#waiting.push(() => {
      limit.cancel();
      done();
    });
    this.#begin();
  }

  readonly #tick = (): void => {
    this.start();
    this.#begin();
  };

  #begin(): void {
    // A report under way takes in what is there when it comes to it; flush waits for a round of its own.
    if (this.#left !== null) return;
    this.#left = this.#options.deltas.pending;
    this.#next();
  }

  #next(): void {
    const { clock, deltas, sender, open } = this.#options;
    if (this.#left === null) return;
    if (this.#left <= 0) {
      this.#over();
      return;
    }
    let sent = 0;
    const stream = open((detail) => {
      if (detail !== "") this.dropped += sent;
      this.#next();
    });
    if (stream === null) {
      if (clock.nowMs() - this.#takenMs > KEEP_MS) {
        this.dropped += deltas.discard();
        this.#takenMs = clock.nowMs();
      }
      this.#left = null;
      this.#finish();
      return;
    }
    const edges = deltas.take(MAX_EDGES, MAX_POINTS);
    const toMs = clock.nowMs();
    const message = writeTraffic(edges, { ...sender, fromMs: this.#takenMs, toMs });
    for (const edge of edges) {
      sent += edge.count;
      edge.clear();
    }
    this.#left -= edges.length;
    stream.send(message);
    stream.end();
  }

  /** All that was there at its beginning is told. */
  #over(): void {
    this.#takenMs = this.#options.clock.nowMs();
    this.#left = null;
    if (this.#waiting.length > 0 && this.#options.deltas.pending > 0) this.#begin();
    else this.#finish();
  }

  #finish(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}
