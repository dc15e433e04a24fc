/** The last `capacity` values, in order; older ones are overwritten and counted. */
export class Ring<T> {
  readonly #slots: (T | undefined)[];
  #start = 0;
  #size = 0;
  /** How many values were overwritten since the beginning. */
  dropped = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`ring of capacity ${capacity}`);
    this.#slots = Array.from({ length: capacity }, () => undefined);
  }

  push(value: T): void {
    const capacity = this.#slots.length;
    this.#slots[(this.#start + this.#size) % capacity] = value;
    if (this.#size < capacity) {
      this.#size += 1;
      return;
    }
    this.#start = (this.#start + 1) % capacity;
    this.dropped += 1;
  }

  /** Takes the oldest out; undefined when empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#slots[this.#start];
    this.#slots[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#slots.length;
    this.#size -= 1;
    return value;
  }

  /** Oldest first. */
  toArray(): T[] {
    return Array.from({ length: this.#size }, (_, index) => this.#slots[(this.#start + index) % this.#slots.length] as T);
  }

  get size(): number {
    return this.#size;
  }
}
