import { BUCKET_COUNT, bucketCeiling, bucketFloor, bucketOf } from "./buckets.ts";
import { Family, type FamilyOptions } from "./family.ts";

export interface HistogramOptions extends FamilyOptions {
  /** Recorded units in one exposed unit: 1,000,000 when microseconds are recorded and seconds shown. */
  readonly unitsPerExposed: number;
  /** Exponents of the powers of two (recorded units) shown as `le`: `[9, 26]` is 2⁹ … 2²⁶. */
  readonly shownExponents: readonly [number, number];
}

/** Distributions, one per label tuple, all in shared typed arrays. */
export class HistogramFamily extends Family {
  readonly type = "histogram";
  readonly unitsPerExposed: number;
  readonly shownExponents: readonly [number, number];
  counts = new Float64Array(BUCKET_COUNT);
  sums = new Float64Array(1);

  constructor(options: HistogramOptions) {
    super(options);
    this.unitsPerExposed = options.unitsPerExposed;
    this.shownExponents = options.shownExponents;
  }

  with(...labelValues: string[]): Histogram {
    const place = this.place(labelValues);
    if (place >= this.sums.length) this.#grow();
    return new Histogram(this, place);
  }

  #grow(): void {
    const counts = new Float64Array(this.counts.length * 2);
    counts.set(this.counts);
    this.counts = counts;
    const sums = new Float64Array(this.sums.length * 2);
    sums.set(this.sums);
    this.sums = sums;
  }

  /** Values under 2^exponent recorded units at one place. */
  countBelow(place: number, exponent: number): number {
    let count = 0;
    const end = place * BUCKET_COUNT + bucketOf(2 ** exponent);
    for (let index = place * BUCKET_COUNT; index < end; index += 1) count += this.counts[index] as number;
    return count;
  }

  countAll(place: number): number {
    let count = 0;
    for (let index = 0; index < BUCKET_COUNT; index += 1) count += this.counts[place * BUCKET_COUNT + index] as number;
    return count;
  }
}

export class Histogram {
  readonly #family: HistogramFamily;
  readonly #place: number;
  readonly #base: number;

  constructor(family: HistogramFamily, place: number) {
    this.#family = family;
    this.#place = place;
    this.#base = place * BUCKET_COUNT;
  }

  /** `value` in recorded units, 0 and up. */
  record(value: number): void {
    const family = this.#family;
    (family.counts[this.#base + bucketOf(value)] as number) += 1;
    (family.sums[this.#place] as number) += value;
  }

  get count(): number {
    return this.#family.countAll(this.#place);
  }

  /**
   * The value that a share `quantile` (0-1) of all recorded ones does not exceed, to within a quarter;
   * NaN when nothing was recorded. Recorded units.
   */
  quantile(quantile: number): number {
    const total = this.count;
    if (total === 0) return Number.NaN;
    const wanted = quantile * total;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket += 1) {
      const here = this.#family.counts[this.#base + bucket] as number;
      if (here > 0 && seen + here >= wanted) {
        const floor = bucketFloor(bucket);
        return floor + ((bucketCeiling(bucket) - floor) * Math.max(0, wanted - seen)) / here;
      }
      seen += here;
    }
    return bucketCeiling(BUCKET_COUNT - 1);
  }
}
