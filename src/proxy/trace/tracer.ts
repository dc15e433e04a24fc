import type { Random } from "../../lib/random.ts";

/** One trace in a hundred, until a configuration says otherwise. */
export const DEFAULT_TRACES_PER_MILLION = 10_000;

/** Which requests begin a trace, and the ids they get. One for all exchanges of a proxy. */
export class Tracer {
  readonly #random: Random;
  #perMillion = 0;
  /** Requests that pass before the next trace: one comparison for each, not one draw. */
  #skip = Number.POSITIVE_INFINITY;

  constructor(random: Random, perMillion: number = DEFAULT_TRACES_PER_MILLION) {
    this.#random = random;
    this.setRate(perMillion);
  }

  get perMillion(): number {
    return this.#perMillion;
  }

  /** 0 to 1,000,000; beyond that is cut off. */
  setRate(perMillion: number): void {
    const rate = Math.min(1_000_000, Math.max(0, perMillion));
    if (rate === this.#perMillion) return;
    this.#perMillion = rate;
    this.#draw();
  }

  /** Whether this request, which brought no context, begins a trace: independent draws, each with the configured share. */
  begins(): boolean {
    if (this.#skip > 0) {
      this.#skip -= 1;
      return false;
    }
    this.#draw();
    return true;
  }

  /** 32 lower-case hex digits, not all zero. */
  traceId(): string {
    return this.#hex() + this.#hex() + this.#hex() + this.#nonZero();
  }

  /** 16 lower-case hex digits, not all zero. */
  spanId(): string {
    return this.#hex() + this.#nonZero();
  }

  /** How many draws fail before one succeeds is geometrically distributed: the logarithm inverts its distribution. */
  #draw(): void {
    const share = this.#perMillion / 1_000_000;
    if (share >= 1) this.#skip = 0;
    else if (share <= 0) this.#skip = Number.POSITIVE_INFINITY;
    else this.#skip = Math.floor(Math.log(1 - this.#random()) / Math.log(1 - share));
  }

  #hex(): string {
    return digits(Math.floor(this.#random() * 2 ** 32));
  }

  #nonZero(): string {
    return digits(1 + Math.floor(this.#random() * (2 ** 32 - 1)));
  }
}

function digits(value: number): string {
  return value.toString(16).padStart(8, "0");
}
