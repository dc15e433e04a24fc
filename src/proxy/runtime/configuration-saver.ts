import type { Clock, Timer } from "../../lib/clock.ts";
import type { ResourceCache } from "./resource-cache.ts";
import { formatConfiguration } from "./saved-configuration.ts";
import { SAVED, type SavedState } from "./saved-state.ts";

/** A burst of changes is saved once. */
const MIN_PAUSE_MS = 250;
/** Of the process's time saving may take a fiftieth: a large configuration that changes all the time is saved less often. */
const PAUSE_PER_COST = 50;

/** Keeps the saved configuration close behind the one in force. */
export class ConfigurationSaver {
  readonly #clock: Clock;
  readonly #resources: ResourceCache;
  readonly #saved: SavedState;
  #timer: Timer | null = null;
  #pauseMs = MIN_PAUSE_MS;

  constructor(clock: Clock, resources: ResourceCache, saved: SavedState) {
    this.#clock = clock;
    this.#resources = resources;
    this.#saved = saved;
  }

  saveSoon(): void {
    this.#timer ??= this.#clock.setTimer(() => this.#save(), this.#pauseMs, { unref: true });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #save(): void {
    this.#timer = null;
    const startMs = this.#clock.monotonicMs();
    this.#saved.write(SAVED.CONFIGURATION, formatConfiguration(this.#resources.entries()));
    this.#pauseMs = Math.max(MIN_PAUSE_MS, (this.#clock.monotonicMs() - startMs) * PAUSE_PER_COST);
  }
}
