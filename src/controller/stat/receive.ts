import type { MeshStore } from "../../compile/store.ts";
import type { Subscriber } from "../../discovery/server/contract.ts";
import type { UpStreamHandler } from "../../discovery/server/server.ts";
import { workloadLabel } from "../workload-label.ts";
import { readTraffic, type TrafficPoint } from "./read-traffic.ts";
import type { OpenConnections } from "./open-connections.ts";
import type { TrafficWindow } from "./window.ts";

/** Takes the OTLP metrics of proxies: what happened into the window, what is open beside it. */
export class TrafficReports {
  readonly #window: TrafficWindow;
  readonly #open: OpenConnections;
  readonly #store: MeshStore;
  /** Requests that were taken. */
  received = 0;
  /** Points that could not be used, and requests that were no OTLP. */
  refused = 0;

  constructor(window: TrafficWindow, open: OpenConnections, store: MeshStore) {
    this.#window = window;
    this.#open = open;
    this.#store = store;
  }

  /** One call of one proxy. */
  receive({ id }: Subscriber): UpStreamHandler {
    return { message: (bytes) => this.#take(id, bytes), end: () => {} };
  }

  #take(instance: string, bytes: Buffer): void {
    const read = readTraffic(bytes);
    if (read === null) {
      this.refused += 1;
      return;
    }
    this.received += 1;
    this.refused += read.refused;
    const sender = workloadLabel(this.#store, instance);
    for (const point of read.points) {
      const own = asToldBy(sender, point);
      if (own === null) this.refused += 1;
      else if (own.what === "open") this.#open.set(`${instance} ${own.worker}`, own.edge, own.open);
      else this.#window.add(own);
    }
  }
}

/** Whatever a message says, its sender speaks of itself: it is the source of what goes out, the destination of what comes in. */
function asToldBy(sender: string, point: TrafficPoint): TrafficPoint | null {
  const { edge } = point;
  if (edge.direction === "outbound") return { ...point, edge: { ...edge, source: sender } };
  if (edge.direction === "inbound") return { ...point, edge: { ...edge, destination: sender } };
  return null;
}
