/** What counters, gauges and histograms have in common: a name, a help text, and a bounded set of label tuples. */

/** A tuple's values beyond the limit are all counted here, so that sums stay right. */
const OVERFLOW_VALUE = "_other_";

const METRIC_NAME = /^[a-z_:][a-z0-9_:]*$/;
const LABEL_NAME = /^[a-z_][a-z0-9_]*$/;

export interface FamilyOptions {
  readonly name: string;
  /** One sentence; shown by every Prometheus user interface. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Tuples kept apart. */
  readonly maxSeries: number;
  /** Called for each tuple that was refused a place of its own. */
  readonly overflowed: (family: string) => void;
}

/**
 * Maps label tuples to places 0, 1, 2 …. A place is found once (pre-resolved) and then counted in
 * without any lookup.
 */
export class Family {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Label part of the exposition by place: `a="1",b="2"`, escaped; empty without labels. */
  readonly rendered: string[] = [];
  readonly #options: FamilyOptions;
  readonly #places = new Map<string, number>();
  #overflowPlace = -1;

  /** Throws for names that Prometheus would refuse. */
  constructor(options: FamilyOptions) {
    if (!METRIC_NAME.test(options.name)) throw new Error(`metric name ${options.name}`);
    for (const label of options.labels) if (!LABEL_NAME.test(label)) throw new Error(`label name ${label} of ${options.name}`);
    this.name = options.name;
    this.help = options.help;
    this.labels = options.labels;
    this.#options = options;
  }

  /** Place of a tuple, values in the order of the labels. */
  protected place(values: readonly string[]): number {
    if (values.length !== this.labels.length) throw new Error(`${this.name} has ${this.labels.length} labels, not ${values.length}`);
    // No label value of ours holds a NUL, so the joined key is unambiguous.
    const key = values.join("\0");
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (this.#places.size >= this.#options.maxSeries) return this.#overflow();
    const place = this.#add(values);
    this.#places.set(key, place);
    return place;
  }

  #overflow(): number {
    this.#options.overflowed(this.name);
    if (this.#overflowPlace === -1) this.#overflowPlace = this.#add(this.labels.map(() => OVERFLOW_VALUE));
    return this.#overflowPlace;
  }

  #add(values: readonly string[]): number {
    this.rendered.push(this.labels.map((label, index) => `${label}="${escapeLabel(values[index] as string)}"`).join(","));
    return this.rendered.length - 1;
  }
}

/** Text exposition format 0.0.4: backslash, quote and line feed. */
function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : value;
}
