import type { Clock, Timer } from "./clock.ts";

const SLOTS = 512;

/** Something with a deadline. One per connection, reused; in at most one {@link Wheel} at a time. */
export class Deadline {
  readonly owner: DeadlineOwner;
  /** Monotonic milliseconds. */
  dueMs = 0;
  slot = -1;
  next: Deadline | null = null;
  previous: Deadline | null = null;

  constructor(owner: DeadlineOwner) {
    this.owner = owner;
  }
}

export interface DeadlineOwner {
  /** At or up to one tick after the deadline, never before it. The deadline is no longer set. */
  onDeadline(): void;
}

/**
 * Deadlines of many connections on one timer, exact to a tick. Setting one that moves into the future is a
 * store: the entry stays where it is and is moved when its slot comes up. The timer runs only while
 * something waits, and does not keep the process alive.
 */
export class Wheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: (Deadline | null)[] = Array.from({ length: SLOTS }, () => null);
  #count = 0;
  /** Index of the last tick done. */
  #tick: number;
  #timer: Timer | null = null;
  /** The timer is armed once the turn is over, whatever is set during it. */
  #turning = false;
  readonly #advance = () => this.#turn();

  constructor(clock: Clock, tickMs = 50) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#tick = Math.floor(clock.monotonicMs() / tickMs);
  }

  /** Sets or moves a deadline to `delayMs` after `nowMs` (monotonic). */
  set(deadline: Deadline, nowMs: number, delayMs: number): void {
    const dueMs = nowMs + delayMs;
    const waiting = deadline.slot >= 0;
    if (waiting && dueMs >= deadline.dueMs) {
      deadline.dueMs = dueMs;
      return;
    }
    if (waiting) this.#unlink(deadline);
    // While nothing waited no tick was counted.
    if (this.#count === 0) this.#tick = Math.max(this.#tick, Math.floor(nowMs / this.#tickMs));
    deadline.dueMs = dueMs;
    this.#link(deadline);
    if (this.#timer === null && !this.#turning) this.#arm();
  }

  clear(deadline: Deadline): void {
    if (deadline.slot >= 0) this.#unlink(deadline);
  }

  get size(): number {
    return this.#count;
  }

  #link(deadline: Deadline): void {
    // The first tick that is not before the deadline, and at most one revolution away.
    const tick = Math.min(Math.max(Math.ceil(deadline.dueMs / this.#tickMs), this.#tick + 1), this.#tick + SLOTS - 1);
    const slot = tick % SLOTS;
    const first = this.#slots[slot] ?? null;
    deadline.slot = slot;
    deadline.next = first;
    deadline.previous = null;
    if (first !== null) first.previous = deadline;
    this.#slots[slot] = deadline;
    this.#count += 1;
  }

  #unlink(deadline: Deadline): void {
    const { next, previous } = deadline;
    if (previous === null) this.#slots[deadline.slot] = next;
    else previous.next = next;
    if (next !== null) next.previous = previous;
    deadline.slot = -1;
    deadline.next = null;
    deadline.previous = null;
    this.#count -= 1;
  }

  #arm(): void {
    if (this.#count === 0) return;
    const nowMs = this.#clock.monotonicMs();
    const dueMs = (this.#tick + 1) * this.#tickMs;
    this.#timer = this.#clock.setTimer(this.#advance, Math.max(1, Math.ceil(dueMs - nowMs)), { unref: true });
  }

  #turn(): void {
    this.#timer = null;
    this.#turning = true;
    const nowMs = this.#clock.monotonicMs();
    const current = Math.floor(nowMs / this.#tickMs);
    // After a long pause each slot is visited once, not once per tick missed.
    if (current - this.#tick > SLOTS) this.#tick = current - SLOTS;
    try {
      while (this.#tick < current) {
        this.#tick += 1;
        this.#visit(this.#tick % SLOTS, nowMs);
      }
    } finally {
      this.#turning = false;
      this.#arm();
    }
  }

  #visit(slot: number, nowMs: number): void {
    // First those that moved into the future go where they belong, never back into this slot: then what is
    // left is due, and a callback may set and clear any deadline it likes.
    let deadline = this.#slots[slot] ?? null;
    while (deadline !== null) {
      const next: Deadline | null = deadline.next;
      if (deadline.dueMs > nowMs) {
        this.#unlink(deadline);
        this.#link(deadline);
      }
      deadline = next;
    }
    for (let due = this.#slots[slot] ?? null; due !== null; due = this.#slots[slot] ?? null) {
      this.#unlink(due);
      due.owner.onDeadline();
    }
  }
}
