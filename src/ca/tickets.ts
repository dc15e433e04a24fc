import type { Order, Via } from "./contract.ts";

/** An order that was judged and may be redeemed once. */
export interface Prepared {
  readonly order: Order;
  readonly instance: string;
  readonly via: Via;
  readonly expiresAtMs: number;
}

/** Between prepare and issue lie microseconds, or a question to a store. */
export const TICKET_LIFE_MS = 30_000;
const MAX_OPEN = 1_024;

/** Prepared issuances by ticket: taking one removes it, so a second redemption finds nothing. */
export class Tickets {
  readonly #open = new Map<string, Prepared>();

  /** False when too many are open. */
  put(ticket: string, prepared: Prepared, nowMs: number): boolean {
    for (const [old, { expiresAtMs }] of this.#open) {
      if (expiresAtMs > nowMs) break;
      this.#open.delete(old);
    }
    if (this.#open.size >= MAX_OPEN) return false;
    this.#open.set(ticket, prepared);
    return true;
  }

  /** Null when there is none of that name (any more), or its time is over. */
  take(ticket: string, nowMs: number): Prepared | null {
    const prepared = this.#open.get(ticket);
    this.#open.delete(ticket);
    return prepared !== undefined && prepared.expiresAtMs > nowMs ? prepared : null;
  }

  /** Serials not yet in the log must not be given out twice either. */
  hasSerial(serial: string): boolean {
    for (const { order } of this.#open.values()) if (order.serial === serial) return true;
    return false;
  }
}
