import type { UpStream } from "../../discovery/client/contract.ts";
import type { Clock } from "../../lib/clock.ts";
import type { OpenConnection } from "../../telemetry/open-edges.ts";
import { TrafficDeltas } from "../../telemetry/traffic-deltas.ts";
import { ConnectionReport } from "./connection-report.ts";
import { TrafficReport } from "./traffic-report.ts";
import type { ConnectionHead } from "./write-connections.ts";

export interface ReportsOptions {
  readonly clock: Clock;
  readonly sender: Omit<ConnectionHead, "nowMs">;
  /** TCP connections through which bytes pass now. */
  connections(): Iterable<OpenConnection>;
  /** Opens one call of OTLP metrics on the present connection; null without one. */
  open(onEnd: (detail: string) => void): UpStream | null;
}

/** Everything the controller is told of traffic as metrics: what happened, what is open, what kept silent. */
export class Reports {
  /** What happened and was not told yet. */
  readonly deltas = new TrafficDeltas();
  readonly #traffic: TrafficReport;
  readonly #connections: ConnectionReport;

  constructor(options: ReportsOptions) {
    const { clock, sender, open } = options;
    this.#traffic = new TrafficReport({ clock, deltas: this.deltas, sender, open });
    this.#connections = new ConnectionReport({ clock, sender, open, connections: () => options.connections() });
  }

  start(): void {
    this.#traffic.start();
    this.#connections.start();
  }

  stop(): void {
    this.#traffic.stop();
    this.#connections.stop();
  }

  /** Of {@link TrafficReport}. What is open is about to end. */
  flush(limitMs: number, done: () => void): void {
    this.#traffic.flush(limitMs, done);
  }

  /** Exchanges that the controller was not told of. */
  get dropped(): number {
    return this.#traffic.dropped;
  }

  /** Nobody spoke on a connection to `service` while we waited to see what it is. */
  silent(service: string): void {
    this.#connections.detections.add(service);
  }
}
