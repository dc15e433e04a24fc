import { Family, type FamilyOptions } from "./family.ts";

/** One number per label tuple, in one typed array. */
class ScalarFamily extends Family {
  values = new Float64Array(8);

  /** Place of a tuple, with room in the array. */
  protected room(labelValues: readonly string[]): number {
    const place = this.place(labelValues);
    if (place >= this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    return place;
  }
}

/** Only goes up. Names end in `_total`. */
export class CounterFamily extends ScalarFamily {
  readonly type = "counter";

  constructor(options: FamilyOptions) {
    super(options);
    if (!this.name.endsWith("_total")) throw new Error(`counter ${this.name} does not end in _total`);
  }

  /** The counter of one tuple, to be kept and counted in. */
  with(...labelValues: string[]): Counter {
    return new Counter(this, this.room(labelValues));
  }
}

export class Counter {
  readonly #family: CounterFamily;
  readonly #place: number;

  constructor(family: CounterFamily, place: number) {
    this.#family = family;
    this.#place = place;
  }

  add(amount = 1): void {
    (this.#family.values[this.#place] as number) += amount;
  }

  get value(): number {
    return this.#family.values[this.#place] as number;
  }
}

/** Goes up and down. */
export class GaugeFamily extends ScalarFamily {
  readonly type = "gauge";

  with(...labelValues: string[]): Gauge {
    return new Gauge(this, this.room(labelValues));
  }
}

export class Gauge {
  readonly #family: GaugeFamily;
  readonly #place: number;

  constructor(family: GaugeFamily, place: number) {
    this.#family = family;
    this.#place = place;
  }

  set(value: number): void {
    this.#family.values[this.#place] = value;
  }

  add(amount: number): void {
    (this.#family.values[this.#place] as number) += amount;
  }

  get value(): number {
    return this.#family.values[this.#place] as number;
  }
}
