import type { Clock } from "../../lib/clock.ts";
import { Admission } from "./admission.ts";
import { type Concurrency, END_LOOKS, type Look } from "./concurrency.ts";
import { ConnectionGate } from "./connection-gate.ts";
import { LagWatch } from "./lag-watch.ts";
import type { OverloadLimits } from "./limits.ts";
import { Memory } from "./memory.ts";
import { Refusals, type Refused } from "./refusals.ts";

/** Everything is let in. */
export const NORMAL = 0;
/** Some requests are answered 503 before any work is done for them. */
export const SHEDDING = 1;
/** New connections are closed as well. */
export const SHUT = 2;
export type OverloadState = typeof NORMAL | typeof SHEDDING | typeof SHUT;

/** What the limit that was reached is on. */
export type OverloadCause = "lag" | "memory" | "requests" | "connections";

/** What the HTTP engine asks of it and tells it: nothing allocated, no clock read. */
export interface RequestGate {
  begun(): void;
  /**
   * Of a request that has not begun, on a listener where `underWay` have: false, then it is to be answered 503 `overloaded`
   * before anything is done for it.
   */
  admits(concurrency: Concurrency, underWay: number): boolean;
  /** True: the answer may be given now; false: {@link Refused.refuse} is called when it may. */
  mayRefuse(refused: Refused): boolean;
  ended(): void;
}

export interface OverloadOptions {
  readonly clock: Clock;
  readonly limits: OverloadLimits;
  /** The state is another now; `why` is a sentence. */
  changed(state: OverloadState, why: string): void;
  /** One measurement of the event loop. */
  lag(ms: number): void;
  /** For tests: see {@link Memory}. */
  readonly processPressure?: () => number;
}

const LOOK_MS = 50;
/** Reading the memory costs more than a look at the clock. */
const MEMORY_EVERY = 5;
/** One late turn is a stall that is over; the second in a row is work that does not end. */
const LATE_LOOKS = 2;
/** A process that uses this much of a core is late because of its own work, not because others have the core. */
const OWN_WORK_CORES = 0.3;
/** Looks in a row that find the least share let in and still too much of everything. */
const DESPERATE_LOOKS = 4;
const CALM = 0.7;

/**
 * Keeps the proxy from drowning: watches how late the event loop is and how much memory is held, lets in the
 * share of requests that can be served, and shuts the doors when even that is too much. What was let in goes on.
 */
export class Overload implements RequestGate {
  readonly gate: ConnectionGate;
  readonly memory: Memory;
  readonly admission = new Admission();
  /** Requests turned away, by cause. */
  shedForLag = 0;
  shedForMemory = 0;
  shedForRequests = 0;
  /** Connections turned away. */
  refusedConnections = 0;
  /** Times it went from normal to anything else. */
  episodes = 0;
  requests = 0;
  lagMs = 0;
  readonly #options: OverloadOptions;
  readonly #watch: LagWatch;
  readonly #refusals = new Refusals();
  #state: OverloadState = NORMAL;
  #cause: OverloadCause = "lag";
  #late = 0;
  #desperate = 0;
  #memoryPressure = 0;
  #untilMemory = 1;
  readonly #look: Look;
  #limitedAt = -END_LOOKS;
  /** Cores used by this process, of late. */
  #busy = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#look = { id: 0, lagMs: 0, maxLagMs: options.limits.maxLagMs, own: false };
    this.gate = new ConnectionGate(options.limits.maxConnections);
    this.memory = new Memory(options.limits.maxBufferedBytes, options.processPressure);
    this.#watch = new LagWatch(options.clock, LOOK_MS, (lagMs, busy) => this.look(lagMs, busy));
  }

  get limits(): OverloadLimits {
    return this.#options.limits;
  }

  get state(): OverloadState {
    return this.#state;
  }

  /** A sentence; empty while everything is let in. */
  get why(): string {
    return this.#state === NORMAL ? "" : this.#why(this.#state);
  }

  get refusedRequests(): number {
    return this.shedForLag + this.shedForMemory + this.shedForRequests;
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  begun(): void {
    this.requests += 1;
  }

  admits(concurrency: Concurrency, underWay: number): boolean {
    if (this.requests >= this.#options.limits.maxRequests) {
      this.shedForRequests += 1;
      return false;
    }
    if (!concurrency.admits(underWay, this.#look)) {
      this.shedForLag += 1;
      this.#limitedAt = this.#look.id;
      return false;
    }
    if (this.admission.admits()) {
      this.#refusals.admitted();
      return true;
    }
    if (this.#cause === "memory") this.shedForMemory += 1;
    else this.shedForLag += 1;
    return false;
  }

  /** Where something else than time is short, an answer at once costs nothing that is. */
  mayRefuse(refused: Refused): boolean {
    return !this.#shedsForLag || this.#refusals.mayRefuse(refused);
  }

  ended(): void {
    this.requests -= 1;
  }

  /** A connection was closed at the door. */
  refused(): void {
    this.refusedConnections += 1;
    this.#settle();
  }

  /** One look, {@link LOOK_MS} after the last and `lagMs` later than it should be; the process has used `busy` cores since. */
  look(lagMs: number, busy = 0): void {
    const { limits, lag } = this.#options;
    this.lagMs = lagMs;
    lag(lagMs);
    this.#untilMemory -= 1;
    if (this.#untilMemory === 0) {
      this.#untilMemory = MEMORY_EVERY;
      this.#memoryPressure = this.memory.look();
    }
    const lagPressure = lagMs / limits.maxLagMs;
    this.#late = lagPressure > 1 ? this.#late + 1 : 0;
    const lastingLag = lagPressure > 1 && this.#late < LATE_LOOKS ? 1 : lagPressure;
    this.#look.id += 1;
    this.#look.lagMs = lagMs;
    this.#busy = (this.#busy + busy) / 2;
    this.#look.own = this.#busy >= OWN_WORK_CORES;
    const pressure = Math.max(lastingLag, this.#memoryPressure);
    if (pressure > 1) this.#cause = this.#memoryPressure > lastingLag ? "memory" : "lag";
    this.admission.adjust(pressure);
    this.#desperate = pressure > 1 && this.admission.atLeast ? this.#desperate + 1 : 0;
    if (this.#desperate >= DESPERATE_LOOKS) this.gate.hold(true);
    else if (pressure < CALM) this.gate.hold(false);
    this.#settle();
    // Where the application is slow and the processor is not busy, there is time for any number of refusals.
    this.#refusals.release(this.#options.clock.monotonicMs(), !this.#shedsForLag || !this.#look.own);
  }

  get #shedsForLag(): boolean {
    return this.#limited || (this.admission.share < 1 && this.#cause === "lag");
  }

  /** Somebody was over a limit on what is under way, in the last second. */
  get #limited(): boolean {
    return this.#look.id - this.#limitedAt < END_LOOKS;
  }

  #settle(): void {
    const state = this.gate.shut ? SHUT : this.admission.share < 1 || this.#limited ? SHEDDING : NORMAL;
    if (state === this.#state) return;
    if (this.#state === NORMAL) this.episodes += 1;
    this.#state = state;
    this.#options.changed(state, this.#why(state));
  }

  #why(state: OverloadState): string {
    if (state === NORMAL) return "everything is let in again";
    const what = state === SHUT ? "new connections are closed" : "some requests are answered 503 overloaded";
    return `${this.#reason()}: ${what}`;
  }

  #reason(): string {
    if (this.gate.full) return `${this.gate.open} connections are open`;
    if (this.#cause === "memory")
      return `memory is short (${Math.round(this.memory.bufferedBytes / 1_048_576)} MiB wait for their readers)`;
    return `requests wait ${Math.round(this.lagMs)} ms for the event loop`;
  }
}
