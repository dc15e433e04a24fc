/**
 * A map of bounded size that forgets what was not used for longest. Relies on Map keeping insertion
 * order: a use moves the entry to the end.
 */
export class Lru<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #maxSize: number;
  readonly #forgotten: (key: K, value: V) => void;

  /** `forgotten` is told of entries pushed out, not of deleted ones. */
  constructor(maxSize: number, forgotten: (key: K, value: V) => void = () => {}) {
    this.#maxSize = maxSize;
    this.#forgotten = forgotten;
  }

  /** Counts as a use. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** Does not count as a use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#maxSize) return;
    for (const [oldest, old] of this.#entries) {
      this.#entries.delete(oldest);
      this.#forgotten(oldest, old);
      return;
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  /** Least recently used first. */
  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  get size(): number {
    return this.#entries.size;
  }
}
