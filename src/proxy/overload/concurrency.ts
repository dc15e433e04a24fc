/** What was seen of the event loop last. */
export interface Look {
  /** Counts the looks. */
  id: number;
  lagMs: number;
  maxLagMs: number;
  /** The process itself used the core meanwhile, not others. */
  own: boolean;
}

/** Fewer than these at a time would leave the event loop waiting for answers. */
const MIN_REQUESTS = 64;
/** Below this many a late event loop makes nobody wait long for the others: no limit begins. */
const MANY_REQUESTS = 512;
/** Of the limit on the lag: where limiting begins, and to where it brings the lag. */
const BEGIN_PART = 0.2;
const TARGET_PART = 0.02;
/** Looks in a row: the handshakes of a hundred new connections are two long turns, and then over. */
const BEGIN_LOOKS = 3;
const CUT = 0.85;
const RAISE = 1.1;
/** So many looks without anybody over the limit end it: a second. */
export const END_LOOKS = 20;

/**
 * How many requests of one listener may be under way at a time while it is asked for more than it, or the one that
 * answers, can do. With thousands in hand at once each waits for all others, their memory is no longer near the processor
 * (a request costs half as much again), and callers with few connections all wait in that queue, so that what more they
 * want waits where nobody can refuse it. Unlike a share of the requests a limit on what is under way lets in whatever
 * there is room for.
 */
export class Concurrency {
  #limit = Number.POSITIVE_INFINITY;
  #seen = 0;
  #late = 0;
  #pressed = false;
  #over = false;
  #calm = 0;

  /** Infinity: none. */
  get limit(): number {
    return this.#limit;
  }

  get limits(): boolean {
    return this.#limit !== Number.POSITIVE_INFINITY;
  }

  /**
   * Somebody further on said that it is too much, while `requests` are under way. Does not wait for a look: thousands of
   * refusals would be made before the next, within one turn of the event loop.
   */
  pressed(requests: number): void {
    this.#pressed = true;
    if (!this.limits && requests >= MANY_REQUESTS) this.#begin();
  }

  /** `requests`: under way already. */
  admits(requests: number, look: Look): boolean {
    if (look.id !== this.#seen) this.#adjust(requests, look);
    if (requests < this.#limit) return true;
    this.#over = true;
    return false;
  }

  #adjust(requests: number, look: Look): void {
    const looks = look.id - this.#seen;
    this.#seen = look.id;
    const late = this.#pressed || look.lagMs > look.maxLagMs * BEGIN_PART;
    this.#pressed = false;
    if (!this.limits) {
      this.#late = late && requests >= MANY_REQUESTS ? this.#late + 1 : 0;
      if (this.#late >= BEGIN_LOOKS) this.#begin();
      return;
    }
    this.#calm = this.#over ? 0 : this.#calm + looks;
    if (late || (look.own && look.lagMs > look.maxLagMs * TARGET_PART)) this.#limit = Math.max(MIN_REQUESTS, this.#limit * CUT);
    else if (this.#over) this.#limit *= RAISE;
    this.#over = false;
    if (this.#calm >= END_LOOKS) this.#end();
  }

  #begin(): void {
    this.#limit = MANY_REQUESTS / 2;
    this.#calm = 0;
  }

  #end(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.#late = 0;
  }
}
