import type { Clock, Timer } from "../../lib/clock.ts";
import type { Transport } from "../contract.ts";
import { Direction, type DirectionOwner } from "./direction.ts";

/** How a relay ended, and what passed. */
export interface RelayEnd {
  /** From the first transport to the second. */
  readonly bytesForward: number;
  readonly bytesBack: number;
  /** `closed`: both directions ended by themselves. `reset`: one side broke off, and the other was told by a reset. */
  readonly how: "closed" | "reset" | "idle";
  /** Which side broke off; null unless reset. */
  readonly brokenBy: "first" | "second" | null;
}

/**
 * Passes bytes between two connections until both directions have ended. Each direction ends by itself
 * (half-close), a reader that stalls stops only its own writer, and a break on one side becomes a reset on
 * the other: what is missing is never taken for a clean end. Both sockets need `allowHalfOpen`.
 */
export class Relay implements DirectionOwner {
  readonly #first: Direction;
  readonly #second: Direction;
  readonly #ends: (end: RelayEnd) => void;
  readonly #clock: Clock;
  readonly #idleMs: number;
  #idle: Timer;
  #seenBytes = -1;
  #over = false;

  /** `idleMs`: without a byte for this long it is ended; noticed at most as long again later. */
  constructor(first: Transport, second: Transport, clock: Clock, idleMs: number, ends: (end: RelayEnd) => void) {
    this.#ends = ends;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#first = new Direction(first, second, this);
    this.#second = new Direction(second, first, this);
    this.#idle = clock.setTimer(this.#checkIdle, idleMs, { unref: true });
  }

  start(): void {
    this.#first.start();
    this.#second.start();
  }

  /** Breaks off both sides. */
  abort(): void {
    this.#breakOff("reset", null);
  }

  directionEnded(): void {
    if (this.#first.ended && this.#second.ended) this.#finish("closed", null);
  }

  broke(source: Direction): void {
    this.#breakOff("reset", source === this.#first ? "first" : "second");
  }

  #breakOff(how: "reset" | "idle", by: "first" | "second" | null): void {
    if (this.#over) return;
    this.#finish(how, by);
    this.#first.reset();
    this.#second.reset();
  }

  #finish(how: RelayEnd["how"], brokenBy: RelayEnd["brokenBy"]): void {
    if (this.#over) return;
    this.#over = true;
    this.#idle.cancel();
    this.#ends({ bytesForward: this.#first.bytes, bytesBack: this.#second.bytes, how, brokenBy });
  }

  readonly #checkIdle = (): void => {
    const bytes = this.#first.bytes + this.#second.bytes;
    if (bytes === this.#seenBytes) {
      this.#breakOff("idle", null);
      return;
    }
    this.#seenBytes = bytes;
    this.#idle = this.#clock.setTimer(this.#checkIdle, this.#idleMs, { unref: true });
  };
}
