import type { Clock } from "../../lib/clock.ts";
import { edgeKey, type OpenEdge } from "../../telemetry/open-edges.ts";
import type { EdgeLabels } from "../../telemetry/traffic-deltas.ts";

/** A proxy says it every 5 s: what it has not said three times is no more. */
const KEEP_MS = 15_000;
/** Edges of all proxies. */
const MAX_ENTRIES = 20_000;

interface Entry extends OpenEdge {
  readonly atMs: number;
}

/** The TCP connections that are open now, as the proxies said last. */
export class OpenConnections {
  readonly #clock: Clock;
  /** By process of an instance, and edge; oldest first. */
  readonly #entries = new Map<string, Entry>();
  /** Counts of edges over the limit. */
  overflowed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(process: string, labels: EdgeLabels, open: number): void {
    const key = `${process}\0${edgeKey(labels)}`;
    this.#entries.delete(key);
    this.#forget();
    if (open === 0) return;
    if (this.#entries.size >= MAX_ENTRIES) this.overflowed += 1;
    else this.#entries.set(key, { labels, open, atMs: this.#clock.nowMs() });
  }

  get edges(): readonly OpenEdge[] {
    this.#forget();
    return [...this.#entries.values()];
  }

  #forget(): void {
    const oldestMs = this.#clock.nowMs() - KEEP_MS;
    for (const [key, { atMs }] of this.#entries) {
      if (atMs >= oldestMs) return;
      this.#entries.delete(key);
    }
  }
}
