/** So many a second, so many at once: what an honest peer never needs more of. */
export class Budget {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #lastMs = -1;

  constructor(perSecond: number, burst = perSecond) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Takes one; false when none is left. `nowMs` is monotonic. */
  take(nowMs: number): boolean {
    if (nowMs > this.#lastMs) {
      if (this.#lastMs >= 0) this.earn((nowMs - this.#lastMs) * this.#perMs);
      this.#lastMs = nowMs;
    }
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Takes one whether or not it is there: what was overdrawn is missing later. */
  overdraw(nowMs: number): void {
    if (!this.take(nowMs)) this.#left -= 1;
  }

  /** One is there. */
  has(nowMs: number): boolean {
    if (!this.take(nowMs)) return false;
    this.#left += 1;
    return true;
  }

  earn(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count);
  }
}
