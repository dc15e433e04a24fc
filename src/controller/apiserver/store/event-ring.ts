import type { StoreEvent } from "./contract.ts";

export interface RingLimits {
  readonly maxEvents: number;
  /** Of JSON text, together. */
  readonly maxBytes: number;
}

/** The last events of a bucket: what a watcher that was away a moment can be told without listing again. */
export class EventRing {
  readonly #limits: RingLimits;
  #events: StoreEvent[] = [];
  #head = 0;
  #bytes = 0;
  /** Everything up to here is unknown. */
  #forgottenThrough: number;

  constructor(limits: RingLimits, forgottenThrough: number) {
    this.#limits = limits;
    this.#forgottenThrough = forgottenThrough;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
    this.#bytes += event.current.json.length;
    while (this.#events.length - this.#head > this.#limits.maxEvents || this.#bytes > this.#limits.maxBytes) this.#forgetOldest();
    // Shifting at every push would copy the whole array.
    if (this.#head > 64 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Events after `revision`, oldest first; null when some of them are forgotten. */
  since(revision: number): readonly StoreEvent[] | null {
    if (!this.remembers(revision)) return null;
    let start = this.#events.length;
    while (start > this.#head && (this.#events[start - 1] as StoreEvent).revision > revision) start -= 1;
    return this.#events.slice(start);
  }

  remembers(revision: number): boolean {
    return revision >= this.#forgottenThrough;
  }

  #forgetOldest(): void {
    const oldest = this.#events[this.#head] as StoreEvent;
    this.#head += 1;
    this.#bytes -= oldest.current.json.length;
    this.#forgottenThrough = oldest.revision;
  }
}
